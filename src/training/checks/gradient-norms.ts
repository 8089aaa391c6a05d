import * as tf from '@tensorflow/tfjs-core';
import type { GradientSnapshot } from '../../core/checks';
import type { CheckJob } from '../../core/job';
import type { PreparedTable } from '../../datasets';
import { rowsOf } from '../fit';
import { withTrainer } from '../open-trainer';
import type { Weights } from '../checkpoint';
import { plainTraining, withoutRegularisation } from './prototype';

const ROWS = 64;

/**
 * The gradient of the plain data loss on one batch, kernel by kernel: what one step of plain gradient descent with the
 * learning rate 1 takes off the weights. So it comes from the engine that will train, and every network has it.
 */
export async function gradientsOf(
  job: CheckJob,
  data: PreparedTable,
  { when, weights, chance }: { when: GradientSnapshot['when']; weights: Weights; chance: number },
): Promise<GradientSnapshot> {
  const { train } = data.parts;
  const rows = Math.min(ROWS, train.rows);
  const batch = rowsOf(
    train,
    Uint32Array.from({ length: rows }, (_, i) => i),
  );
  const training = {
    ...plainTraining(job.config.training, { learningRate: 1, batchSize: rows, epochs: 1 }),
    optimizer: { name: 'sgd', arguments: {} } as const,
  };
  const config = { ...job.config, model: withoutRegularisation(job.config.model), training };
  const onBatch = { ...data, parts: { train: batch, validation: batch, test: batch } };
  return withTrainer({ ...job, config }, onBatch, async ({ network, trainer }) => {
    trainer.setWeights(weights);
    await trainer.epoch(1, () => false);
    const after = trainer.weights();
    const trained = new Set(network.raw.trainableWeights.map(({ id }) => id));
    let squares = 0;
    const kernels = network.raw.weights.flatMap((weight, i) => {
      if (!trained.has(weight.id)) return [];
      const sum = squaredDistance(weights[i] ?? new Float32Array(), after[i] ?? new Float32Array());
      squares += sum;
      // Of a table of vectors a batch moves few.
      if (weight.shape.length < 2 || weight.originalName.endsWith('/embeddings')) return [];
      const rms = Math.sqrt(sum / tf.util.sizeFromShape(weight.shape as number[])) / chance;
      return [{ name: weight.originalName, rms: finite(rms) }];
    });
    return { when, norm: finite(Math.sqrt(squares) / chance), kernels };
  });
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
