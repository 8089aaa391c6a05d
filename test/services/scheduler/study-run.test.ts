import type { Objective } from '../../../src/core/metrics';
import type { StoredCheckpoint, StoredTrial } from '../../../src/core/storage';
import type { StudyRun } from '../../../src/services/scheduler/study-run';
import { storedTrial } from '../../storage/records';
import { studyRun } from './runs';

const LOSS: Objective = { metric: 'validation.logLoss', direction: 'minimize' };
const DURATION: Objective = { metric: 'trial.durationMs', direction: 'minimize' };

function runOf(objectives: readonly Objective[], stop: object | null = null): StudyRun {
  return studyRun('s', { objectives, search: { stop } }, 'asha');
}

function trial(number: number, change: Partial<StoredTrial>): StoredTrial {
  return { ...storedTrial('s', number), run: 1, ...change };
}

function ended(number: number, finishedOrder: number, values: readonly number[] | null): StoredTrial {
  const state = values === null ? 'failed' : 'completed';
  return trial(number, { state, values, finishedOrder, durationMs: 9 });
}

describe('what the scheduler holds of a study', () => {
  it('counts for a plateau the trials that ended after the best one, not those that stand at a rung', () => {
    const run = runOf([LOSS], { value: null, plateauTrials: 3 });
    const pausedAt = '2026-01-01T00:00:00.000Z';
    for (let number = 0; number < 12; number++) {
      const checkpoint = { epoch: 1, bytes: 10 } as unknown as StoredCheckpoint;
      run.add(trial(number, { state: 'waiting', pausedAt, checkpoint }));
    }
    run.add(ended(0, 1, [0.1]));
    run.record = { ...run.record, best: { trial: 0, values: [0.1] } };
    expect(run.stopReached()).toBeNull();
    run.add(ended(1, 2, [0.2]));
    run.add(ended(2, 3, [0.3]));
    expect(run.stopReached()).toBeNull();
    run.add(ended(3, 4, null));
    expect(run.stopReached()).toBe('plateau');
  });

  it('shows samplers no duration of a trial that was stopped early', () => {
    const run = runOf([LOSS, DURATION]);
    const metrics = { train: null, validation: { logLoss: 0.5 } };
    run.add(trial(0, { state: 'pruned', values: [0.5, 3], durationMs: 3, metrics, finishedOrder: 1 }));
    run.add(trial(1, { state: 'completed', values: [0.4, 90], durationMs: 90, metrics, finishedOrder: 2 }));
    expect(run.history().map(({ values }) => values)).toEqual([null, [0.4, 90]]);
  });

  it('tells a sampler of finished trials in the order of completion, then of open ones by number', () => {
    const run = runOf([LOSS]);
    run.add(trial(3, { state: 'running' }));
    run.add(trial(1, { state: 'running' }));
    run.add(ended(2, 1, [0.3]));
    run.add(ended(0, 2, [0.2]));
    expect(run.history().map(({ number }) => number)).toEqual([2, 0, 1, 3]);
    run.add(ended(3, 3, [0.1]));
    expect(run.history().map(({ number }) => number)).toEqual([2, 0, 3, 1]);
  });
});
