import { assertStudyCommand } from '../../src/core/study';
import { assertTrialTransition, type TrialState } from '../../src/core/trial';

const STATES: readonly TrialState[] = ['waiting', 'running', 'completed', 'pruned', 'failed', 'cancelled'];

describe('the state of a trial', () => {
  it('never leaves a final state', () => {
    for (const from of STATES.slice(2)) {
      for (const to of STATES)
        expect(() => {
          assertTrialTransition(from, to);
        }).toThrow(/cannot go/);
    }
  });

  it('goes back to waiting from running only', () => {
    expect(() => {
      assertTrialTransition('running', 'waiting');
    }).not.toThrow();
    expect(() => {
      assertTrialTransition('waiting', 'completed');
    }).toThrow(/waiting to completed/);
  });
});

describe('a step of a study', () => {
  it('is refused from a state that has no such step, with those that have', () => {
    expect(() => {
      assertStudyCommand('pause', 'created');
    }).toThrow(/created cannot pause; it can from: running/);
    expect(() => {
      assertStudyCommand('resume', 'paused');
    }).not.toThrow();
  });
});
