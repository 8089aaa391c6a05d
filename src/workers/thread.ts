/** Entry of a pool thread: one task at a time. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'piscina';
import type { Decision, JobOutcome, TaskResult } from '../core/job';
import { giveLifeSign, hearLifeSigns } from '../core/life-sign';
import { threadClock } from '../core/phase-clock';
import type { EpochReport } from '../core/trial';
import { prepareTable, type PreparedTable } from '../datasets';
import { useSurvey } from '../runtime';
import { performTask, runTrial, useRowMemory, useSlotMemory } from '../training';
import { carry } from './carried-error';
import {
  CANCELLED,
  PULSE,
  type FromThread,
  type ThreadAnswer,
  type ThreadStart,
  type ThreadTask,
} from './messages';

// What the process has found out, so that no thread has to.
const start = workerData as ThreadStart;
useSurvey(start.survey);
useSlotMemory(start.slotMemory);
useRowMemory(start.rowMemory);

/** Reports that nobody waits for travel together, no more often than this, in milliseconds. */
const BATCH_MS = 50;

export async function run(task: ThreadTask): Promise<ThreadAnswer> {
  try {
    return { result: await resultOf(task) };
  } catch (error) {
    return { error: carry(error, 'worker_error') };
  }
}

async function resultOf(task: ThreadTask): Promise<PreparedTable | JobOutcome | TaskResult> {
  switch (task.kind) {
    case 'prepare':
      return prepareTable(task.data, task.config, task.memoryBytes);
    case 'perform': {
      const flags = new Int32Array(task.signals);
      hearLifeSigns(() => {
        Atomics.add(flags, PULSE, 1);
      });
      const cancelled = (): boolean => {
        giveLifeSign();
        return Atomics.load(flags, CANCELLED) === 1;
      };
      return performTask(task.task, task.job, task.data, cancelled, task.memoryBytes);
    }
    case 'train':
      return train(task);
  }
}

async function train({
  job,
  data,
  device,
  port,
  signals,
}: Extract<ThreadTask, { kind: 'train' }>): Promise<JobOutcome> {
  const flags = new Int32Array(signals);
  const reports = new Reports(port);
  // One listener for the whole trial: a port without a listener may drop what arrives in between.
  let answer: (decision: Decision) => void = () => undefined;
  port.on('message', (decision: Decision) => {
    answer(decision);
  });
  // Compiling is looked at for the flag too, but there is no pulse to go by before the first step.
  let hasStarted = false;
  // Whatever this thread did before is no part of the trial.
  threadClock.take();
  try {
    return await runTrial(job, data, {
      device,
      started: (details) => {
        hasStarted = true;
        reports.send({ kind: 'started', details });
      },
      report: (report) => {
        reports.add(report);
      },
      verdict: () =>
        new Promise((resolve) => {
          answer = resolve;
          reports.flush(true);
        }),
      checkpoint: (epoch, checkpoint) => {
        // What was reported before arrives before.
        reports.flush(false);
        reports.send({ kind: 'checkpoint', epoch, checkpoint });
      },
      cancelled: () => {
        if (hasStarted) Atomics.add(flags, PULSE, 1);
        return Atomics.load(flags, CANCELLED) === 1;
      },
    });
  } finally {
    reports.flush(false);
    // The other side closes the port when it has this: then nothing is on its way any more.
    reports.send({ kind: 'end', spent: threadClock.take() });
  }
}

class Reports {
  readonly #port: MessagePort;
  #pending: EpochReport[] = [];
  #sentAt = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  send(message: FromThread): void {
    this.#port.postMessage(message);
  }

  add(report: EpochReport): void {
    this.#pending.push(report);
    if (performance.now() - this.#sentAt >= BATCH_MS) this.flush(false);
  }

  /** With `waiting` an empty batch is sent too: the scheduler must learn that somebody waits. */
  flush(waiting: boolean): void {
    if (this.#pending.length === 0 && !waiting) return;
    this.send({ kind: 'epochs', reports: this.#pending, waiting });
    this.#pending = [];
    this.#sentAt = performance.now();
  }
}
