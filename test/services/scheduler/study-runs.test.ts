import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage, StorageSession, StoredTrial } from '../../../src/core/storage';
import type { StudyRecord } from '../../../src/core/study';
import type { StudyRun } from '../../../src/services/scheduler/study-run';
import { StudyRuns } from '../../../src/services/scheduler/study-runs';
import {
  enterRunning,
  finishTrial,
  pauseTrial,
  recordEpochs,
} from '../../../src/services/scheduler/transitions';
import { openStorage } from '../../../src/storage';
import { storedDataset, storedTrial, studyRecord } from '../../storage/records';

const STUDY: StudyRecord = {
  ...studyRecord('st_1', 'ds_1'),
  spec: {
    ...studyRecord('st_1', 'ds_1').spec,
    target: 'x',
    task: 'regression',
    constraints: [],
    features: { include: [] },
    split: { method: 'holdout' },
    training: { epochs: 27 },
    search: { sampler: 'random', pruner: 'asha', trials: 9 },
    weight: null,
  } as unknown as StudyRecord['spec'],
};
const TRIALS = 6;

let folder: string;
let storage: Storage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-study-runs-'));
  storage = openStorage({ dataDir: folder });
  await storage.write((session) => {
    session.insertDataset(storedDataset('ds_1'));
    session.insertStudy(STUDY);
    for (let number = 0; number < TRIALS; number++) session.insertTrial(storedTrial('st_1', number));
  });
});
afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

/** Commits one step of a trial, and shows it to the run as the scheduler does. */
async function step(
  run: StudyRun,
  number: number,
  work: (session: StorageSession, trial: StoredTrial) => StoredTrial,
): Promise<void> {
  const trial = await storage.write((session) => {
    const stored = session.trial('st_1', number);
    if (stored === null) throw new Error('the trial is gone');
    return work(session, stored);
  });
  run.add(trial);
}

async function epochs(run: StudyRun, number: number, upTo: number): Promise<void> {
  for (let epoch = run.epochs(number) + 1; epoch <= upTo; epoch++) {
    const report = { epoch, train: {}, validation: { logLoss: 1 / (1 + number + epoch) } };
    await step(run, number, (session, trial) => recordEpochs(session, trial, [report]));
    run.report(number, [report]);
  }
}

async function pauseAt(run: StudyRun, number: number, epoch: number): Promise<void> {
  await step(run, number, enterRunning);
  await epochs(run, number, epoch);
  await step(run, number, (session, trial) =>
    pauseTrial(session, trial, { sha256: `cd${String(number)}`, epoch, bytes: 1 }),
  );
}

async function finish(run: StudyRun, number: number): Promise<void> {
  await step(run, number, enterRunning);
  await epochs(run, number, 27);
  const metrics = { train: {}, validation: { logLoss: 0.1 + number } };
  await step(run, number, (session, trial) => {
    const outcome = {
      state: 'completed',
      epochs: 27,
      bestEpoch: 27,
      metrics,
      value: metrics.validation.logLoss,
      network: null,
    } as const;
    return finishTrial(session, STUDY, trial, outcome, { network: null, bestSoFar: run.bestSoFar(number) });
  });
}

describe('a study that is taken up again', () => {
  it('shows the sampler the history that it had, trials at rungs and promoted ones at their places', async () => {
    const run = await new StudyRuns(storage, folder).load('st_1');
    await pauseAt(run, 3, 1);
    await pauseAt(run, 1, 1);
    await finish(run, 4);
    await pauseAt(run, 0, 1);
    await finish(run, 3);
    // Goes on from its rung, and is lost on the way.
    await step(run, 1, enterRunning);
    await epochs(run, 1, 2);
    await step(run, 2, enterRunning);
    const before = run.history();
    expect(before.map(({ number }) => number)).toEqual([3, 1, 4, 0, 2, 5]);
    const again = (await new StudyRuns(storage, folder).load('st_1')).history();
    // What ran waits again.
    expect(again).toEqual(
      before.map((trial) => (trial.number === 2 ? { ...trial, state: 'waiting' } : trial)),
    );
    expect(again.slice(0, 4).map(({ state }) => state)).toEqual([
      'completed',
      'pruned',
      'completed',
      'pruned',
    ]);
  });
});
