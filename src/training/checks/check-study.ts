import type { CheckMeasurements } from '../../core/checks';
import { TuneloomError } from '../../core/errors';
import type { CheckJob } from '../../core/job';
import { streamOf } from '../../core/random';
import type { PreparedPart, PreparedTable } from '../../datasets';
import type { Cancelled } from '../cancelled';
import { chanceMetrics } from '../chance';
import { rowsOf } from '../fit';
import { measureCapacity } from './capacity';
import { inputStatistics } from './inputs';
import { measureNetwork } from './network';
import { overfitSmallBatch } from './small-batch';

/** Numbers of a part that the checks look at, and rows at most: they are to take seconds, however large the table. */
const MOST_NUMBERS = 500_000;
const MOST_TRAIN_ROWS = 2000;
const MOST_VALIDATION_ROWS = 1000;
const LEAST_ROWS = 200;

/**
 * Measures what the sanity checks are judged by: what the network sees, whether it can learn at all, and how its
 * gradients are. Only training and validation rows are looked at.
 * @throws TuneloomError where the data cannot be trained on; ConflictError `cancelled`
 */
export async function checkStudy(
  job: CheckJob,
  whole: PreparedTable,
  cancelled: Cancelled,
): Promise<CheckMeasurements> {
  const data = fewerRows(whole, job.seed);
  const { train, validation } = data.parts;
  const { target } = data.fitted;
  const { loss } = job.config.training;
  const chanceOf = (part: PreparedPart): number => chanceMetrics(data, part, loss)['loss'] ?? 0;
  const chance = { train: chanceOf(train), validation: chanceOf(validation) };
  const { steps, baselines } = await measureCapacity(job, data, cancelled);
  return {
    rows: { train: train.rows, validation: validation.rows },
    priors: target.kind === 'classes' ? target.priors : null,
    chance,
    inputs: inputStatistics(data),
    capacity: steps,
    baselines,
    smallBatch: await attempt(() => overfitSmallBatch(job, data, cancelled), null),
    network: await attempt(
      () => measureNetwork(job, data, chance.train, cancelled),
      (error) => ({ error }),
    ),
  };
}

/** What the study's own network does wrong is a finding; what went wrong otherwise is thrown. */
async function attempt<T, F>(
  work: () => Promise<T>,
  otherwise: F | ((error: { code: string; message: string }) => F),
): Promise<T | F> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TuneloomError) || error.kind === 'internal' || error.code === 'cancelled')
      throw error;
    const { code, message } = error;
    return typeof otherwise === 'function'
      ? (otherwise as (error: { code: string; message: string }) => F)({ code, message })
      : otherwise;
  }
}

function fewerRows(data: PreparedTable, seed: number): PreparedTable {
  const most = Math.max(LEAST_ROWS, Math.floor(MOST_NUMBERS / data.width));
  const some = (part: PreparedPart, rows: number): PreparedPart => {
    if (part.rows <= Math.min(rows, most)) return part;
    const order = streamOf(seed, 'checks').shuffle(Uint32Array.from({ length: part.rows }, (_, i) => i));
    return rowsOf(part, order.slice(0, Math.min(rows, most)).sort());
  };
  const { train, validation, test } = data.parts;
  return {
    ...data,
    parts: {
      train: some(train, MOST_TRAIN_ROWS),
      validation: some(validation, MOST_VALIDATION_ROWS),
      test: { ...test, rows: 0, x: new Float32Array(), y: new Float32Array() },
    },
  };
}
