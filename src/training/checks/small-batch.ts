import type { SmallBatch } from '../../core/checks';
import type { CheckJob } from '../../core/job';
import { streamOf } from '../../core/random';
import { readRows, type PreparedPart, type PreparedTable } from '../../datasets';
import { taskCancelled, type Cancelled } from '../cancelled';
import { rowsOf } from '../fit';
import { metricsOf } from '../measure';
import { withTrainer } from '../open-trainer';
import { outputShapeOf } from '../output-shape';
import { plainTraining, withoutRegularisation } from './prototype';

const ROWS = 16;
/** Rows that are looked through for ones that differ. */
const LOOKED_AT = 2000;
/** Steps at most, at each of the learning rates; the loss is looked at every so many. */
const STEPS = 300;
const EVERY = 25;
const LEARNING_RATES = [0.01, 0.001];
/** Below this the rows have one target. */
const LEAST_CHANCE = 1e-3;
/** Enough to see that the batch is known by heart, as a share of chance. */
const KNOWN = 0.05;

/**
 * Trains the study's network, without regularisation, on a few rows until it knows them by heart: whatever cannot do
 * that will not learn from more. Null where the rows that differ have one
 * target only.
 */
export async function overfitSmallBatch(
  job: CheckJob,
  data: PreparedTable,
  cancelled: Cancelled,
): Promise<SmallBatch | null> {
  const batch = batchOf(data, job.seed);
  const chance = chanceOf(batch, job, data);
  if (batch.rows < 2 || chance <= LEAST_CHANCE) return null;
  let best: { loss: number | null; epochs: number } = { loss: null, epochs: 0 };
  for (const learningRate of LEARNING_RATES) {
    const tried = await train(job, { data, batch, chance, learningRate }, cancelled);
    if (best.loss === null || (tried.loss !== null && tried.loss < best.loss)) best = tried;
    if (best.loss !== null && best.loss <= KNOWN * chance) break;
  }
  return { rows: batch.rows, chance, ...best };
}

async function train(
  job: CheckJob,
  given: {
    readonly data: PreparedTable;
    readonly batch: PreparedPart;
    readonly chance: number;
    readonly learningRate: number;
  },
  cancelled: Cancelled,
): Promise<{ loss: number | null; epochs: number }> {
  const { data, batch, chance, learningRate } = given;
  const config = {
    ...job.config,
    model: withoutRegularisation(job.config.model),
    training: plainTraining(job.config.training, { learningRate, batchSize: batch.rows, epochs: STEPS }),
  };
  const onBatch = { ...data, parts: { train: batch, validation: batch, test: batch } };
  return withTrainer({ ...job, config, cancelled }, onBatch, async ({ trainer }) => {
    let loss: number | null = null;
    for (let epoch = 1; epoch <= STEPS; epoch++) {
      const end = await trainer.epoch(epoch, cancelled);
      if (end.state === 'cancelled') throw taskCancelled();
      if (end.state === 'diverged') return { loss: null, epochs: epoch };
      if (epoch % EVERY !== 0) continue;
      loss = (await trainer.measure(batch))['loss'] ?? null;
      if (loss === null || loss <= KNOWN * chance) return { loss, epochs: epoch };
    }
    return { loss, epochs: STEPS };
  });
}

/** Rows whose inputs differ, of the classes in turn: rows that are alike may have different targets. */
function batchOf({ parts: { train }, fitted, width }: PreparedTable, seed: number): PreparedPart {
  const order = streamOf(seed, 'small batch')
    .shuffle(Uint32Array.from({ length: train.rows }, (_, i) => i))
    .subarray(0, LOOKED_AT);
  const seen = new Set<string>();
  const byClass = new Map<number, number[]>();
  for (const row of order) {
    const key = Buffer.from(readRows(train.x, width, row, row + 1).buffer).toString('latin1');
    if (seen.has(key)) continue;
    seen.add(key);
    const code = fitted.target.kind === 'classes' ? (train.y[row] ?? 0) : 0;
    byClass.set(code, [...(byClass.get(code) ?? []), row]);
  }
  const lists = [...byClass.values()];
  const rows = Array.from({ length: ROWS }, (_, place) => lists.flatMap((list) => list[place] ?? []))
    .flat()
    .slice(0, ROWS);
  return rowsOf(train, Uint32Array.from(rows));
}

/** The loss of saying the batch's own class shares, or its mean, of every row. */
function chanceOf(batch: PreparedPart, job: CheckJob, data: PreparedTable): number {
  const { target } = data.fitted;
  const own =
    target.kind === 'classes'
      ? {
          ...target,
          priors: target.labels.map((_, k) => batch.y.filter((code) => code === k).length / batch.rows),
        }
      : { ...target, preparedMean: batch.y.reduce((sum, value) => sum + value, 0) / batch.rows };
  const { units, bias } = outputShapeOf(own);
  const outputs = Float32Array.from({ length: batch.rows * units }, (_, i) => bias[i % units] ?? 0);
  return metricsOf(outputs, batch, data, job.config.training.loss)['loss'] ?? 0;
}
