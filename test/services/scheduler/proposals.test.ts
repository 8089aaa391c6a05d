import type { StoredTrial } from '../../../src/core/storage';
import type { SchedulerContext } from '../../../src/services/scheduler/ports';
import { Proposals } from '../../../src/services/scheduler/proposals';
import { storedTrial } from '../../storage/records';
import { studyRun } from './runs';

const BUDGET = 3;
const SPEC = { search: { trials: BUDGET } };

/** A sampler that answers when it is told to. */
class SlowComputing {
  readonly asked: ((trial: StoredTrial | null) => void)[] = [];

  propose(): Promise<StoredTrial | null> {
    return new Promise((resolve) => {
      this.asked.push(resolve);
    });
  }
}

function proposals(): { proposals: Proposals; computing: SlowComputing; pump: jest.Mock } {
  const computing = new SlowComputing();
  const pump = jest.fn();
  const guard: SchedulerContext['guard'] = (_, work) => work().catch(() => null);
  const context = { computing, pump, guard } as unknown as SchedulerContext;
  return { proposals: new Proposals(context), computing, pump };
}

describe('proposals beside the handing out of work', () => {
  it('are given once, after handing out was asked to begin anew', async () => {
    const { proposals: made, computing, pump } = proposals();
    const run = studyRun('s', SPEC);
    expect(made.take(run)).toBeNull();
    expect(made.take(run)).toBeNull();
    expect(made.isComputing(run)).toBe(true);
    expect(computing.asked).toHaveLength(1);
    expect(pump).not.toHaveBeenCalled();
    const trial = storedTrial('s', 0);
    computing.asked[0]?.(trial);
    await made.settled();
    expect(pump).toHaveBeenCalledTimes(1);
    expect(made.take(run)).toBe(trial);
    run.add({ ...trial, state: 'running' });
    expect(made.take(run)).toBeNull();
    expect(computing.asked).toHaveLength(2);
  });

  it('of one study wait for no other', async () => {
    const { proposals: made, computing } = proposals();
    const [slow, quick] = [studyRun('s', SPEC), studyRun('s', SPEC)];
    made.take(slow);
    made.take(quick);
    computing.asked[1]?.(storedTrial('s', 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.take(slow)).toBeNull();
    expect(made.take(quick)).not.toBeNull();
  });

  it('are computed anew where an enqueued point has taken their number', async () => {
    const { proposals: made, computing } = proposals();
    const run = studyRun('s', SPEC);
    made.take(run);
    computing.asked[0]?.(storedTrial('s', 0));
    await made.settled();
    run.add(storedTrial('s', 0));
    expect(made.take(run)).toBeNull();
    expect(computing.asked).toHaveLength(2);
  });

  it('are not asked for beyond the budget, nor where the sampler has no point left', async () => {
    const { proposals: made, computing, pump } = proposals();
    const run = studyRun('s', SPEC);
    made.take(run);
    run.exhausted = true;
    computing.asked[0]?.(null);
    await made.settled();
    // The study may have come to its end.
    expect(pump).toHaveBeenCalledTimes(1);
    expect(made.isComputing(run)).toBe(false);
    made.take(run);
    run.exhausted = false;
    for (let number = 0; number < BUDGET; number++) run.add(storedTrial('s', number));
    made.take(run);
    expect(computing.asked).toHaveLength(1);
  });

  it('that fail are forgotten', async () => {
    const { proposals: made, computing, pump } = proposals();
    const run = studyRun('s', SPEC);
    computing.propose = () => Promise.reject(new Error('no thread'));
    made.take(run);
    await made.settled();
    expect(made.isComputing(run)).toBe(false);
    expect(pump).toHaveBeenCalledTimes(1);
  });
});
