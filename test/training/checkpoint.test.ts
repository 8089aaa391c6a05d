import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrialJob } from '../../src/core/job';
import type { JsonObject } from '../../src/core/json';
import { encodeCheckpoint } from '../../src/core/checkpoint';
import type { TrainingConfig } from '../../src/core/specification';
import { completed, jobOf, run, type Run } from './trials';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-checkpoints-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const LAYERS: readonly JsonObject[] = [
  { dense: { units: 8, activation: 'relu' } },
  { batchNormalization: {} },
  { dropout: { rate: 0.2 } },
  { gaussianNoise: { stddev: 0.1 } },
];

/** What makes the next step depend on those before it. */
const TRAININGS: readonly (readonly [string, Partial<TrainingConfig>])[] = [
  ['adam on a plateau', { schedule: { name: 'reduceOnPlateau', factor: 0.5, patience: 1 } }],
  ['nesterov', { optimizer: { name: 'momentum', arguments: { nesterov: true } }, learningRate: 0.1 }],
  [
    'centred rmsprop with warm restarts',
    {
      optimizer: { name: 'rmsprop', arguments: { centered: true, momentum: 0.5 } },
      schedule: { name: 'warmRestarts', period: 3, multiply: 2 },
    },
  ],
  ['adadelta', { optimizer: { name: 'adadelta', arguments: {} } }],
  [
    'adamw with augmentation',
    { optimizer: { name: 'adamw', arguments: {} }, augmentation: { noise: 0.1, mixup: 0.2 } },
  ],
];

/** Trains up to a verdict, writes the checkpoint down and goes on in another job. */
async function pausedAfter(
  job: TrialJob,
  epoch: number,
): Promise<{ readonly first: Run; readonly second: Run }> {
  const paused = { ...job, verdicts: { at: [epoch] } };
  const first = await run(paused, Infinity, { verdict: () => Promise.resolve('pause') });
  if (first.outcome.state !== 'paused') throw new Error(JSON.stringify(first.outcome));
  const checkpoint = join(folder, `${String(epoch)}-${String(Math.random())}`);
  await writeFile(checkpoint, first.outcome.checkpoint);
  return { first, second: await run({ ...paused, checkpoint }) };
}

describe('a checkpoint', () => {
  describe.each(['compiled', 'wasm'] as const)('of the %s engine', (engine) => {
    it.each(TRAININGS)('is gone on from bit for bit, with %s', async (_, training) => {
      const job = jobOf({ engine, layers: LAYERS, epochs: 9, training });
      const whole = await run(job);
      const { first, second } = await pausedAfter(job, 4);
      expect(first.curve).toEqual(whole.curve.slice(0, 4));
      expect(second.curve).toEqual(whole.curve.slice(4));
      const { network: expected, ...result } = completed(whole);
      const { network, ...resumed } = completed(second);
      expect(resumed).toEqual(result);
      expect(Buffer.compare(network.weights, expected.weights)).toBe(0);
    });
  });

  it('keeps what early stopping waits for, and the best weights of before', async () => {
    const job = jobOf({ epochs: 200, learningRate: 0.2, patience: 3 });
    const whole = completed(await run(job));
    expect(whole.epochs).toBeLessThan(200);
    const after = whole.bestEpoch + 1;
    const resumed = completed((await pausedAfter(job, after)).second);
    expect([resumed.epochs, resumed.bestEpoch, resumed.value]).toEqual([
      whole.epochs,
      whole.bestEpoch,
      whole.value,
    ]);
    expect(Buffer.compare(resumed.network.weights, whole.network.weights)).toBe(0);
  });

  it('is sent again and again while a trial runs, after the epoch it is of', async () => {
    const sent: number[] = [];
    const { curve } = await run({ ...jobOf({ epochs: 5 }), checkpointMs: 0 }, Infinity, {
      checkpoint: (epoch) => sent.push(epoch),
    });
    expect(curve).toHaveLength(5);
    expect(sent).toEqual([1, 2, 3, 4]);
  });

  it('is not gone on from where it is of another network, damaged or away', async () => {
    const checkpoint = join(folder, 'other');
    const { outcome } = await run({ ...jobOf({ epochs: 5 }), verdicts: { at: [2] } }, Infinity, {
      verdict: () => Promise.resolve('pause'),
    });
    if (outcome.state !== 'paused') throw new Error(outcome.state);
    await writeFile(checkpoint, outcome.checkpoint);
    const other = await run({ ...jobOf({ layers: [{ dense: { units: 5 } }] }), checkpoint });
    expect(other).toMatchObject({ outcome: { state: 'unresumable' }, curve: [], started: null });
    expect(JSON.stringify(other.outcome)).toMatch(/it holds .*weights/);

    await writeFile(checkpoint, outcome.checkpoint.subarray(0, 40));
    expect((await run({ ...jobOf(), checkpoint })).outcome.state).toBe('unresumable');
    const away = await run({ ...jobOf(), checkpoint: join(folder, 'away') });
    expect(away.outcome).toMatchObject({
      state: 'unresumable',
      reason: expect.stringContaining('ENOENT') as string,
    });
  });

  it('has other bytes than that of another trial with the same content', () => {
    const of = (trial: number): Buffer =>
      Buffer.from(encodeCheckpoint({ study: 'st', trial }, { folds: [] }));
    expect(of(1).equals(of(2))).toBe(false);
    expect(of(1).equals(of(1))).toBe(true);
  });
});
