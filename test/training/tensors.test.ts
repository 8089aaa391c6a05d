import * as tf from '@tensorflow/tfjs-core';
import type { TrialJob, JobOutcome, TrialStarted } from '../../src/core/job';
import type { JsonObject } from '../../src/core/json';
import { tensorflowFolder } from '../../src/core/tensorflow';
import type { EngineName, EngineRequest } from '../../src/core/specification';
import { findInstallations, loadTensorFlow } from '../../src/runtime/tensorflow';
import { runTrial } from '../../src/training';
import { describeWithTensorFlow } from '../runtime/set-up-tensorflow';
import { volumes } from './volumes';
import { configOf, openPenguins, type Penguins, type PenguinTable } from './penguins';

let penguins: Penguins;
let table: PenguinTable;
beforeAll(async () => {
  penguins = await openPenguins();
  table = await penguins.of('Species', 'multiclass');
});
afterAll(() => penguins.close());

interface Trial {
  readonly model: JsonObject;
  readonly engine: EngineRequest;
  readonly training?: JsonObject;
  /** Looks at the cancel flag after which it is up. */
  readonly cancelAfter?: number;
}

interface Ended {
  readonly outcome: JobOutcome;
  readonly engine: EngineName | null;
  readonly reason: string | null;
  /** Looks at the cancel flag: one before every step. */
  readonly looks: number;
}

async function train({ model, engine, training, cancelAfter = Infinity }: Trial): Promise<Ended> {
  const given = { epochs: 2, batchSize: 64, earlyStopping: null, ...training };
  const job: TrialJob = {
    id: 'st/0/1',
    study: 'st',
    trial: 0,
    seed: 5,
    data: table.job,
    config: configOf({ model, training: given }, 'multiclass'),
    objective: { metric: 'validation.logLoss', direction: 'minimize' },
    verdicts: null,
    engine,
    device: null,
    isolated: false,
    checkpoint: null,
    checkpointMs: 0,
  };
  let looks = 0;
  let started: TrialStarted | null = null;
  const outcome = await runTrial(job, table.data, {
    device: 'cpu',
    started: (details) => {
      started = details;
    },
    report: () => undefined,
    checkpoint: () => undefined,
    verdict: () => Promise.resolve('continue'),
    cancelled: () => ++looks > cancelAfter,
  });
  // Assigned in the closure above, which the compiler does not follow.
  const { engine: used, engineReason } = (started as TrialStarted | null) ?? {
    engine: null,
    engineReason: null,
  };
  return { outcome, engine: used, reason: engineReason, looks };
}

const dense = (units: number): JsonObject => ({ dense: { units, activation: 'relu' } });
const VOLUMES = { topology: volumes(3) };

/** Everything that leaves a trial by another way than its end, and layers that keep tensors of their own. */
const kinds = (engine: EngineRequest): readonly (readonly [string, Trial])[] => [
  [
    'that completes',
    { engine, model: { layers: [dense(8), { dropout: { rate: 0.3 } }, { batchNormalization: {} }] } },
  ],
  [
    'with penalties',
    { engine, model: { layers: [{ dense: { units: 5, kernelRegularizer: { l2: 0.01 } } }] } },
  ],
  [
    'with a recurrent layer',
    { engine, model: { layers: [dense(8), { reshape: { targetShape: [4, 2] } }, { gru: { units: 3 } }] } },
  ],
  [
    'that diverges',
    { engine, model: { layers: [dense(8)] }, training: { learningRate: 1e30, optimizer: 'sgd', epochs: 20 } },
  ],
  ['that is cancelled', { engine, model: { layers: [dense(8)] }, cancelAfter: 2 }],
  [
    'whose network cannot be built',
    { engine, model: { layers: [dense(8), { conv2d: { filters: 2, kernelSize: 3 } }] } },
  ],
];

async function expectNoneLeft(trial: Trial, native: () => number): Promise<Ended> {
  // The first of a kind may fill what the thread keeps for the next.
  await train(trial);
  const [tensors, held] = [tf.memory().numTensors, native()];
  let last = await train(trial);
  for (let i = 0; i < 2; i++) last = await train(trial);
  expect([tf.memory().numTensors, native()]).toEqual([tensors, held]);
  return last;
}

describe.each<[EngineName]>([['compiled'], ['wasm'], ['cpu']])('a trial on the engine %s', (engine) => {
  it.each(kinds(engine))('%s leaves no tensor behind', async (_, trial) => {
    await expectNoneLeft(trial, () => 0);
  });
});

describe('a trial on the engine that can', () => {
  it('leaves no tensor behind on those that could not', async () => {
    const { outcome, reason } = await expectNoneLeft({ engine: 'auto', model: VOLUMES }, () => 0);
    expect(outcome.state).toBe('completed');
    expect(reason).toMatch(/compiled: no rule for the kernel Conv3D/);
  });
});

describeWithTensorFlow()('a trial on the engine tensorflow', () => {
  let native: () => number;
  beforeAll(() => {
    const [installation] = findInstallations(tensorflowFolder(process.env));
    if (installation === undefined) throw new TypeError('TensorFlow is not installed');
    native = () => loadTensorFlow(installation).tensors();
  });

  it.each(kinds('tensorflow'))('%s leaves no tensor behind, native ones included', async (_, trial) => {
    await expectNoneLeft(trial, native);
  });

  it('is the choice for what neither the compiler nor WASM can train, and leaves no tensor behind', async () => {
    const { engine, reason } = await expectNoneLeft({ engine: 'auto', model: VOLUMES }, native);
    expect(engine).toBe('tensorflow');
    expect(reason).toMatch(/compiled: no rule for the kernel Conv3D/);
    expect(reason).toMatch(/wasm has no kernel Conv2DBackpropFilter/);
  });

  it('is cancelled before the next step', async () => {
    const { outcome, looks } = await train({
      engine: 'tensorflow',
      model: { layers: [dense(8)] },
      training: { batchSize: 8, epochs: 10_000 },
      cancelAfter: 3,
    });
    expect([outcome.state, looks]).toEqual(['cancelled', 4]);
  });
});
