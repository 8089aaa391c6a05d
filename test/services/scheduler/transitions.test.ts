import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage, StorageSession, StoredTrial } from '../../../src/core/storage';
import type { StudyRecord } from '../../../src/core/study';
import {
  enterRunning,
  finishTrial,
  loseTrial,
  pauseTrial,
  recordEpochs,
} from '../../../src/services/scheduler/transitions';
import { openStorage } from '../../../src/storage';
import { storedDataset, storedTrial, studyRecord } from '../../storage/records';

const BEGINNING = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;
const STUDY: StudyRecord = {
  ...studyRecord('st_1', 'ds_1'),
  spec: { ...studyRecord('st_1', 'ds_1').spec, constraints: [], search: { trials: 1 } as never },
};

let folder: string;
let storage: Storage;

beforeEach(async () => {
  // Only the calendar stands still: storage waits by the timers.
  jest.useFakeTimers({
    now: BEGINNING,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-transitions-'));
  storage = openStorage({ dataDir: folder });
  await storage.write((session) => {
    session.insertDataset(storedDataset('ds_1'));
    session.insertStudy(STUDY);
    session.insertTrial(storedTrial('st_1', 0));
  });
});
afterEach(async () => {
  jest.useRealTimers();
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

/** One step of the only trial, so many minutes after the beginning. */
async function at(
  minute: number,
  step: (session: StorageSession, trial: StoredTrial) => StoredTrial,
): Promise<StoredTrial> {
  jest.setSystemTime(BEGINNING + minute * MINUTE);
  return storage.write((session) => {
    const trial = session.trial('st_1', 0);
    if (trial === null) throw new Error('the trial is gone');
    return step(session, trial);
  });
}

const epoch = (number: number) => (session: StorageSession, trial: StoredTrial) =>
  recordEpochs(session, trial, [{ epoch: number, train: {}, validation: { logLoss: 1 / number } }]);
const pause = (session: StorageSession, trial: StoredTrial): StoredTrial =>
  pauseTrial(session, trial, { sha256: 'cd', epoch: 1, bytes: 1 });
const lose =
  (charged: boolean, minute: number | null) =>
  (session: StorageSession, trial: StoredTrial): StoredTrial =>
    loseTrial(session, STUDY, trial, {
      charged,
      isolate: true,
      reason: 'killed',
      ...(minute === null ? {} : { at: new Date(BEGINNING + minute * MINUTE).toISOString() }),
    });
const complete = (session: StorageSession, trial: StoredTrial): StoredTrial => {
  const metrics = { train: { logLoss: 1 }, validation: { logLoss: 1 } };
  const outcome = { state: 'completed', epochs: 2, bestEpoch: 2, value: 1, metrics, network: null } as const;
  return finishTrial(session, STUDY, trial, outcome, { network: null, bestSoFar: null });
};

function attempts(): unknown[] {
  return storage.events('st_1', 0, 100, ['trial.restarted']).map(({ data }) => data['attempt']);
}

describe('the duration of a trial', () => {
  it('leaves out what lies between the loss of its process and its next start', async () => {
    await at(0, enterRunning);
    await at(1, epoch(1));
    await at(2, lose(false, 2));
    await at(60, enterRunning);
    expect((await at(63, complete)).durationMs).toBe(5 * MINUTE);
  });

  it('ends with what the worker last said where the service was killed, and nobody knows when', async () => {
    await at(0, enterRunning);
    await at(1, epoch(1));
    await at(60, lose(false, null));
    await at(61, enterRunning);
    expect((await at(63, complete)).durationMs).toBe(3 * MINUTE);
  });

  it('leaves out what it stood at a rung, before and after a loss', async () => {
    await at(0, enterRunning);
    await at(1, epoch(1));
    await at(1, pause);
    await at(30, enterRunning);
    await at(31, lose(false, 31));
    await at(60, enterRunning);
    await at(61, pause);
    await at(90, enterRunning);
    expect((await at(94, complete)).durationMs).toBe(7 * MINUTE);
  });
});

describe('the attempt of trial.restarted', () => {
  it('is that of the trial, which neither rungs nor losses that charge nobody count', async () => {
    await at(0, enterRunning);
    await at(1, epoch(1));
    await at(1, pause);
    await at(2, enterRunning);
    await at(3, lose(false, 3));
    await at(4, enterRunning);
    const { attempts: counted } = await at(5, lose(true, 5));
    expect(counted).toBe(2);
    expect(attempts()).toEqual([1, 2]);
  });

  it('is not told of a trial that no slot took: nothing was lost', async () => {
    await at(0, enterRunning);
    const returned = await at(0, (session, trial) =>
      loseTrial(session, STUDY, trial, { charged: false, isolate: false, reason: 'no slot', quiet: true }),
    );
    expect(returned.state).toBe('waiting');
    expect(attempts()).toEqual([]);
  });
});
