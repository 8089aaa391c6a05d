import { PhaseClock } from '../../src/core/phase-clock';

/** A clock of the test's own making. */
function clockAt(): { clock: PhaseClock; pass: (milliseconds: number) => void } {
  let now = 1000;
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { clock: new PhaseClock(() => now), pass };
}

describe('the clock of a trial’s phases', () => {
  it('counts time to the phase that is open, and none outside', async () => {
    const { clock, pass } = clockAt();
    pass(5);
    await clock.spend('build', () => {
      pass(7);
    });
    pass(11);
    await clock.spend('build', () => {
      pass(1);
    });
    expect(clock.take()).toEqual({ build: 8 });
  });

  it('takes the time of an inner phase from the outer one, and gives back what the work gave', async () => {
    const { clock, pass } = clockAt();
    const value = await clock.spend('steps', async () => {
      pass(2);
      const inner = await clock.spend('batches', () => {
        pass(3);
        return 'rows';
      });
      pass(4);
      return inner;
    });
    expect(value).toBe('rows');
    expect(clock.take()).toEqual({ steps: 6, batches: 3 });
  });

  it('closes a phase whose work failed', async () => {
    const { clock, pass } = clockAt();
    const failing = clock.spend('trace', () => {
      pass(2);
      throw new RangeError('no kernel');
    });
    await expect(failing).rejects.toThrow('no kernel');
    pass(50);
    expect(clock.take()).toEqual({ trace: 2 });
  });

  it('begins again after its times were taken', async () => {
    const { clock, pass } = clockAt();
    await clock.spend('export', () => {
      pass(2);
    });
    clock.take();
    expect(clock.take()).toEqual({});
  });
});
