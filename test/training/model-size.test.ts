import type { JsonObject } from '../../src/core/json';
import { useSlotMemory } from '../../src/training';
import { jobOf, run } from './trials';

/** Parameters of two layers of 65 536 units: 16 GiB of numbers. */
const HUGE: readonly JsonObject[] = [{ dense: { units: 65_536 } }, { dense: { units: 65_536 } }];
const MIB = 2 ** 20;

afterEach(() => {
  useSlotMemory(Infinity);
});

describe('a network that is larger than its slot', () => {
  it('fails for its parameters, before they are made', async () => {
    useSlotMemory(1024 * MIB);
    const before = process.memoryUsage().rss;
    const { outcome } = await run(jobOf({ layers: HUGE }));
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'model_too_large' } });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  });

  it('fails for what its layers give for a batch', async () => {
    useSlotMemory(4 * MIB);
    const wide = [{ reshape: { targetShape: [2, 2, 1] } }, { upSampling2d: { size: [128, 128] } }];
    const head = [...wide, { globalAveragePooling2d: {} }];
    expect((await run(jobOf({ layers: head }))).outcome).toMatchObject({
      state: 'failed',
      error: { code: 'model_too_large', message: expect.stringContaining('a slot has 4 MiB') as string },
    });
  });

  it('is counted with its optimiser: what fits with SGD may not with Adam', async () => {
    const layers = [{ dense: { units: 2000, activation: 'relu' } }];
    useSlotMemory(0.6 * MIB);
    const optimizer = (name: 'sgd' | 'adam') => ({
      training: { optimizer: { name, arguments: {} } },
      layers,
      epochs: 1,
    });
    const states = [
      (await run(jobOf(optimizer('sgd')))).outcome.state,
      (await run(jobOf(optimizer('adam')))).outcome.state,
    ];
    expect(states).toEqual(['completed', 'failed']);
  });
});
