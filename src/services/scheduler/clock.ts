import type { StudyEnding } from './ending';
import type { Owners } from './owners';
import type { SchedulerContext } from './ports';

/** How often running time is stored and time-outs are looked at, in milliseconds. */
const CLOCK_MS = 1000;

/** Counts running time, ends the search of a study whose time is up, and takes back trials of silent callers. */
export class Clock {
  readonly #context: SchedulerContext;
  readonly #ending: StudyEnding;
  readonly #owners: Owners;
  #timer: NodeJS.Timeout | null = null;

  constructor(context: SchedulerContext, ending: StudyEnding, owners: Owners) {
    this.#context = context;
    this.#ending = ending;
    this.#owners = owners;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), CLOCK_MS);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#store();
  }

  async #tick(): Promise<void> {
    for (const run of this.#context.runs.all()) {
      await this.#context.guard(run, () => this.#owners.expire(run));
      const { timeoutSeconds } = run.record.spec.search;
      if (run.searching && timeoutSeconds !== null && run.runningMs() >= timeoutSeconds * 1000) {
        await this.#context.guard(run, () => this.#ending.endSearch(run, 'timeout'));
      }
    }
    await this.#store();
  }

  async #store(): Promise<void> {
    const { runs, storage } = this.#context;
    for (const run of runs.all().filter(({ record }) => record.state === 'running')) {
      await this.#context.guard(run, async () => {
        const runningMs = run.runningMs();
        await storage.write((session) => {
          session.updateStudy(run.id, { runningMs });
        });
        run.record = { ...run.record, runningMs };
        run.restartClock();
      });
    }
  }
}
