import type { DiagnosisCode } from '../src/core/finding';
import type { FitJob } from '../src/core/job';
import type { JsonObject } from '../src/core/json';
import { streamOf, type RandomStream } from '../src/core/random';
import type { TrainingConfig } from '../src/core/specification';
import { bareInput, type PreparedPart, type PreparedTable } from '../src/datasets';

const WIDTH = 10;

/** A way to go wrong, or right: data, network and training, and what the diagnosis should be. */
export interface Kind {
  readonly name: string;
  readonly expected: DiagnosisCode;
  readonly rows: { readonly train: number; readonly validation: number };
  readonly task: 'binary' | 'regression';
  /** The signal of a row; the noise is added to it. */
  readonly signal: (x: Float32Array) => number;
  readonly noise: number;
  readonly layers: readonly JsonObject[];
  readonly training: Partial<TrainingConfig>;
}

/** Interactions that no line follows. */
const curved = (x: Float32Array): number => 1.5 * ((x[0] ?? 0) * (x[1] ?? 0) + Math.sin(2 * (x[2] ?? 0)));
const line = (x: Float32Array): number => 1.2 * ((x[0] ?? 0) - (x[1] ?? 0) + 0.5 * (x[2] ?? 0));
const dense = (...units: readonly number[]): readonly JsonObject[] =>
  units.map((width) => ({ dense: { units: width, activation: 'relu', kernelInitializer: 'heNormal' } }));

const ENOUGH = { train: 1200, validation: 400 };

export const KINDS: readonly Kind[] = [
  {
    name: 'line on curved classes',
    expected: 'underfit',
    rows: ENOUGH,
    task: 'binary',
    signal: curved,
    noise: 0.1,
    layers: [],
    training: { learningRate: 0.01 },
  },
  {
    name: 'line on a curved value',
    expected: 'underfit',
    rows: ENOUGH,
    task: 'regression',
    signal: curved,
    noise: 0.2,
    layers: [],
    training: { learningRate: 0.01 },
  },
  {
    name: 'far too much l2',
    expected: 'underfit',
    rows: ENOUGH,
    task: 'regression',
    signal: curved,
    noise: 0.2,
    layers: [{ dense: { units: 32, activation: 'relu', kernelRegularizer: { l2: 0.5 } } }],
    training: { learningRate: 0.01 },
  },
  {
    name: 'large net on few rows',
    expected: 'overfit',
    rows: { train: 80, validation: 300 },
    task: 'binary',
    signal: curved,
    noise: 0.3,
    layers: dense(128, 128),
    training: { learningRate: 0.003, epochs: 80 },
  },
  {
    name: 'large net on noise',
    expected: 'overfit',
    rows: { train: 150, validation: 300 },
    task: 'regression',
    signal: line,
    noise: 2,
    layers: dense(128, 128),
    training: { learningRate: 0.003, epochs: 80 },
  },
  {
    name: 'steps that overshoot, momentum',
    expected: 'learning_rate_too_high',
    rows: ENOUGH,
    task: 'regression',
    signal: curved,
    noise: 0.2,
    layers: dense(32),
    training: { optimizer: { name: 'adam', arguments: {} }, learningRate: 0.6, epochs: 40 },
  },
  {
    name: 'steps that overshoot, classes',
    expected: 'learning_rate_too_high',
    rows: ENOUGH,
    task: 'binary',
    signal: curved,
    noise: 0.1,
    layers: dense(32),
    training: { learningRate: 0.6, epochs: 40 },
  },
  {
    name: 'plain SGD that explodes',
    expected: 'diverged',
    rows: ENOUGH,
    task: 'regression',
    signal: line,
    noise: 0.2,
    layers: dense(64, 64),
    training: { optimizer: { name: 'sgd', arguments: {} }, learningRate: 5, epochs: 20 },
  },
  {
    name: 'steps that hardly move',
    expected: 'learning_rate_too_low',
    rows: ENOUGH,
    task: 'regression',
    signal: line,
    noise: 0.3,
    layers: dense(32),
    training: { learningRate: 1e-5, epochs: 40 },
  },
  {
    name: 'steps that hardly move, SGD',
    expected: 'learning_rate_too_low',
    rows: ENOUGH,
    task: 'binary',
    signal: line,
    noise: 0.3,
    layers: dense(32),
    training: { optimizer: { name: 'sgd', arguments: {} }, learningRate: 5e-5, epochs: 60 },
  },
  {
    name: 'ended while it learned, value',
    expected: 'not_converged',
    rows: ENOUGH,
    task: 'regression',
    signal: curved,
    noise: 0.2,
    layers: dense(32, 32),
    training: { learningRate: 0.002, epochs: 12 },
  },
  {
    name: 'ended while it learned, classes',
    expected: 'not_converged',
    rows: ENOUGH,
    task: 'binary',
    signal: line,
    noise: 0.3,
    layers: dense(16),
    training: { learningRate: 0.002, epochs: 10 },
  },
  {
    name: 'a handful of validation rows',
    expected: 'noisy_validation',
    rows: { train: 1200, validation: 12 },
    task: 'regression',
    signal: curved,
    noise: 0.8,
    layers: dense(32),
    training: { learningRate: 0.01, batchSize: 16, epochs: 40 },
  },
  {
    name: 'right, classes',
    expected: 'well_fitted',
    rows: { train: 3000, validation: 800 },
    task: 'binary',
    signal: line,
    noise: 0.4,
    layers: dense(16),
    training: { learningRate: 0.005, epochs: 40 },
  },
  {
    name: 'right, value',
    expected: 'well_fitted',
    rows: { train: 3000, validation: 800 },
    task: 'regression',
    signal: line,
    noise: 0.4,
    layers: dense(16),
    training: { learningRate: 0.005, epochs: 40 },
  },
  {
    name: 'right, curved value',
    expected: 'well_fitted',
    rows: { train: 4000, validation: 800 },
    task: 'regression',
    signal: curved,
    noise: 0.3,
    layers: dense(48, 48),
    training: { learningRate: 0.003, epochs: 60 },
  },
];

export interface Case {
  readonly data: PreparedTable;
  readonly job: FitJob;
  /** A larger network without regularisation, trained with care on the same rows. */
  readonly reference: FitJob;
  /** Loss of knowing nothing. */
  readonly chance: number;
}

export function caseOf(kind: Kind, seed: number): Case {
  const stream = streamOf('diagnosis', kind.name, seed);
  const data = tableOf(kind, stream);
  const share = mean(data.parts.train.y);
  const entropy = -(share * Math.log(share) + (1 - share) * Math.log(1 - share));
  const chance = kind.task === 'binary' ? entropy : 1;
  return {
    data,
    chance,
    job: jobOf(kind, kind.layers, kind.training, seed),
    reference: jobOf(
      kind,
      dense(64, 64),
      { learningRate: 0.003, epochs: 40, earlyStopping: { patience: 8, minDelta: 0 } },
      seed,
    ),
  };
}

function jobOf(
  kind: Kind,
  layers: readonly JsonObject[],
  training: Partial<TrainingConfig>,
  seed: number,
): FitJob {
  return {
    id: kind.name,
    data: {} as FitJob['data'],
    config: {
      preparation: {} as FitJob['config']['preparation'],
      model: { layers },
      training: {
        optimizer: { name: 'adam', arguments: {} },
        learningRate: 0.005,
        schedule: { name: 'constant' },
        classWeights: 'none',
        labelSmoothing: 0,
        gradientClip: null,
        batchSize: 32,
        epochs: 40,
        earlyStopping: null,
        loss: kind.task === 'binary' ? 'crossentropy' : 'mse',
        ...training,
      },
    },
    seed,
    engine: 'auto',
    objective: { metric: 'validation.loss', direction: 'minimize' },
    trainShare: 1,
    keepNetwork: false,
  };
}

function tableOf(kind: Kind, stream: RandomStream): PreparedTable {
  const raw = (rows: number): PreparedPart => {
    const x = Float32Array.from({ length: rows * WIDTH }, () => stream.normal());
    const y = Float32Array.from({ length: rows }, (_, i) => {
      const value = kind.signal(x.subarray(i * WIDTH, (i + 1) * WIDTH)) + kind.noise * stream.normal();
      return kind.task === 'binary' ? Number(value > 0) : value;
    });
    return { rows, x, y };
  };
  const train = raw(kind.rows.train);
  const validation = raw(kind.rows.validation);
  const center = mean(train.y);
  const deviation = Math.sqrt(mean(train.y.map((value) => (value - center) ** 2)));
  if (kind.task === 'regression') {
    for (const { y } of [train, validation]) y.forEach((value, i) => (y[i] = (value - center) / deviation));
  }
  return {
    width: WIDTH,
    fitted: {
      format: 'tuneloom-preprocessing',
      version: 3,
      task: kind.task,
      inputs: [bareInput(Array.from({ length: WIDTH }, (_, i) => `x${String(i)}`))],
      target:
        kind.task === 'binary'
          ? {
              kind: 'classes',
              name: 'y',
              labels: ['no', 'yes'],
              type: 'categorical',
              priors: [1 - center, center],
            }
          : {
              kind: 'value',
              name: 'y',
              mean: center,
              tail: null,
              bounds: [-1e9, 1e9],
              deviation,
              preparedMean: 0,
            },
      unused: [],
    },
    parts: { train, validation, test: validation },
  };
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
