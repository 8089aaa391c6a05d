import * as tf from '@tensorflow/tfjs-core';
import type { BoostJob, BoostResult, FitResult, NetworkBytes } from '../core/job';
import { deriveSeed } from '../core/random';
import { boostedNetwork, networkArtifact, type BoostingStage } from '../artifacts';
import { type PreparedPart, type PreparedTable } from '../datasets';
import { taskCancelled, type Cancelled } from './cancelled';
import { fitBaseline } from './checks/capacity';
import { rowLosses } from './losses';
import { forward, metricsOf } from './measure';
import { onForwardEngine } from './on-forward-engine';
import { outputShapeOf } from './output-shape';
import { withNetwork } from './predict';

/** How much of a stage is added (Friedman 2001, shrinkage ν). */
const SHRINKAGE = 0.3;
/** Lengths of a step along what a stage gives, that are tried on the training rows. */
const STEPS = [0.25, 0.5, 1, 2, 4, 8, 16];
/** Hidden units of a stage: a weak learner. */
const WIDTHS = [16];
/** Stages without a lower validation loss after which boosting ends. */
const PATIENCE = 3;

type Outputs = Readonly<Record<'train' | 'validation', Float32Array>>;

/**
 * Gradient boosting (Friedman, Annals of Statistics 2001) on top of a trained network: each stage is one small network
 * an output, fitted by least squares to the negative gradient of the loss, and added with shrinkage after a line search
 * on the training rows.
 */
export async function boostNetwork(
  job: BoostJob,
  data: PreparedTable,
  cancelled: Cancelled,
): Promise<BoostResult> {
  const { loss } = job.config.training;
  const lossOf = (outputs: Float32Array, part: PreparedPart): number =>
    metricsOf(outputs, part, data, loss)['loss'] ?? Infinity;
  const { train, validation } = data.parts;
  let outputs = await outputsOf(job.network, data);
  const losses = [lossOf(outputs.validation, validation)];
  const stages: BoostingStage[] = [];
  let best = 0;
  for (let stage = 0; stage < job.stages && stage - best < PATIENCE; stage++) {
    if (cancelled()) throw taskCancelled();
    const made = await fitStage(job, data, { outputs, stage }, cancelled);
    if (made === null) break;
    const along = (step: number, part: 'train' | 'validation'): Float32Array =>
      outputs[part].map((value, i) => value + step * (made.outputs[part][i] ?? 0));
    const [step = 0] = [...STEPS].sort(
      (a, b) => lossOf(along(a, 'train'), train) - lossOf(along(b, 'train'), train),
    );
    const scale = SHRINKAGE * step;
    stages.push({ scale, networks: made.networks });
    outputs = { train: along(scale, 'train'), validation: along(scale, 'validation') };
    losses.push(lossOf(outputs.validation, validation));
    if ((losses.at(-1) ?? Infinity) < (losses[best] ?? Infinity)) best = losses.length - 1;
  }
  return {
    stages: best,
    validation: losses,
    network: best === 0 ? null : await artifactOf(job, data, stages.slice(0, best)),
  };
}

async function artifactOf(job: BoostJob, data: PreparedTable, stages: readonly BoostingStage[]) {
  return onForwardEngine(async () => {
    const network = await boostedNetwork(job.network, stages);
    try {
      const parameters = network.countParams();
      return { ...(await networkArtifact(network)), parameters, preprocessing: JSON.stringify(data.fitted) };
    } finally {
      network.dispose();
    }
  });
}

/** Null where a fit diverges. */
async function fitStage(
  job: BoostJob,
  data: PreparedTable,
  { outputs, stage }: { readonly outputs: Outputs; readonly stage: number },
  cancelled: Cancelled,
): Promise<{ readonly networks: readonly NetworkBytes[]; readonly outputs: Outputs } | null> {
  const { units } = outputShapeOf(data.fitted.target);
  const gradients = {
    train: await negativeGradient(job, data, data.parts.train, outputs.train),
    validation: await negativeGradient(job, data, data.parts.validation, outputs.validation),
  };
  const networks: NetworkBytes[] = [];
  const sums = {
    train: new Float32Array(outputs.train.length),
    validation: new Float32Array(outputs.validation.length),
  };
  for (let unit = 0; unit < units; unit++) {
    const residuals = residualTable(data, gradients, { unit, units });
    const seed = deriveSeed(job.seed, 'boosting', stage, unit);
    const config = { ...job.config, training: { ...job.config.training, loss: 'mse' as const } };
    const fitted: FitResult | null = await fitBaseline(
      { ...job, seed, config },
      residuals,
      WIDTHS,
      cancelled,
    );
    if (fitted?.network == null) return null;
    networks.push(fitted.network);
    const said = await outputsOf(fitted.network, residuals);
    for (const part of ['train', 'validation'] as const) {
      said[part].forEach((value, row) => (sums[part][row * units + unit] = value));
    }
  }
  return { networks, outputs: sums };
}

function outputsOf(network: NetworkBytes, data: PreparedTable): Promise<Outputs> {
  return withNetwork(network, (logits) => ({
    train: forward(logits, data.parts.train, data),
    validation: forward(logits, data.parts.validation, data),
  }));
}

/** Of the loss of each row by its outputs, [rows, units], downwards. */
function negativeGradient(
  job: BoostJob,
  data: PreparedTable,
  { rows, y }: PreparedPart,
  outputs: Float32Array,
): Promise<Float32Array> {
  const { units } = outputShapeOf(data.fitted.target);
  const targets = new Float32Array(rows * units);
  y.forEach((value, row) => {
    if (units === 1) targets[row] = value;
    else targets[row * units + value] = 1;
  });
  return onForwardEngine(() =>
    Promise.resolve(
      tf.tidy(() => {
        const actual = tf.tensor2d(targets, [rows, units]);
        const slope = tf.grad((said) =>
          tf.sum(rowLosses(job.config.training.loss, actual, said as tf.Tensor2D)),
        );
        return Float32Array.from(tf.neg(slope(tf.tensor2d(outputs, [rows, units]))).dataSync());
      }),
    ),
  );
}

/** The same inputs with one column of the gradients as what is to be learned. */
function residualTable(
  data: PreparedTable,
  gradients: Outputs,
  { unit, units }: { readonly unit: number; readonly units: number },
): PreparedTable {
  const column = (part: 'train' | 'validation'): Float32Array =>
    Float32Array.from(
      { length: data.parts[part].rows },
      (_, row) => gradients[part][row * units + unit] ?? 0,
    );
  const train = column('train');
  const mean = train.reduce((sum, value) => sum + value, 0) / train.length;
  return {
    ...data,
    fitted: {
      ...data.fitted,
      task: 'regression',
      target: {
        kind: 'value',
        name: 'gradient',
        tail: null,
        mean: 0,
        deviation: 1,
        bounds: [-1e30, 1e30],
        preparedMean: mean,
      },
    },
    parts: {
      ...data.parts,
      train: { ...data.parts.train, y: train },
      validation: { ...data.parts.validation, y: column('validation') },
    },
  };
}
