import type { FitJob, FitResult, NetworkArtifact } from '../core/job';
import { isBetter, type Metrics } from '../core/metrics';
import { InvalidError } from '../core/errors';
import { streamOf } from '../core/random';
import type { EpochReport } from '../core/trial';
import { networkArtifact } from '../artifacts';
import { chooseRows, type PreparedPart, type PreparedTable } from '../datasets';
import { never, taskCancelled, type Cancelled } from './cancelled';
import type { Network } from './network';
import { withTrainer, type OpenTrainer } from './open-trainer';
import type { Weights } from './checkpoint';

/** Trains a network to its end. @throws InvalidError `diverged`, where the loss stops being finite, or `invalid_model` */
export async function fitNetwork(
  job: FitJob,
  data: PreparedTable,
  cancelled: Cancelled = never,
): Promise<FitResult> {
  const shared = job.trainShare < 1 ? withTrainShare(data, job.trainShare, job.seed) : data;
  const used = withValidationRows(shared, job.mostValidationRows ?? Infinity);
  return withTrainer({ ...job, cancelled }, used, (opened) => fit(job, used, opened, cancelled));
}

async function fit(
  job: FitJob,
  data: PreparedTable,
  { network, trainer }: OpenTrainer,
  cancelled: Cancelled,
): Promise<FitResult> {
  const { epochs: most, earlyStopping } = job.config.training;
  const validated = data.parts.validation.rows > 0;
  const curve: EpochReport[] = [];
  let best: { epoch: number; value: number; weights: Weights } | null = null;
  for (let epoch = 1; epoch <= most; epoch++) {
    const end = await trainer.epoch(epoch, cancelled);
    if (end.state === 'cancelled') throw taskCancelled();
    const validation =
      end.state === 'done' && validated ? await trainer.measure(data.parts.validation, cancelled) : {};
    if (end.state !== 'done' || (validated && validation['loss'] === null)) throw diverged(epoch);
    curve.push({ epoch, train: { loss: end.loss }, validation });
    const value = valueOf(job, validation);
    const direction = job.objective?.direction ?? 'minimize';
    const improved = value !== null && isBetter(value, best?.value ?? null, direction);
    // Without an objective nothing says that a plateau is reached.
    trainer.observe(improved || job.objective === null);
    if (improved) {
      best = { epoch, value, weights: trainer.weights() };
    }
    const waited = epoch - (best?.epoch ?? epoch);
    if (job.objective !== null && earlyStopping !== null && waited >= earlyStopping.patience) break;
  }
  trainer.setWeights(best?.weights ?? trainer.weights());
  const metrics = {
    train: await trainer.measure(data.parts.train, cancelled),
    validation: validated ? await trainer.measure(data.parts.validation, cancelled) : null,
  };
  return {
    trainRows: data.parts.train.rows,
    epochs: curve.length,
    bestEpoch: best?.epoch ?? curve.length,
    metrics,
    curve,
    network: job.keepNetwork ? await artifactOf(network, data) : null,
  };
}

/** What the objective says of an epoch; null where the last epoch stands whatever it says. */
function valueOf({ objective }: FitJob, validation: Metrics): number | null {
  return objective === null ? null : (validation[objective.metric.slice('validation.'.length)] ?? null);
}

export async function artifactOf(network: Network, data: PreparedTable): Promise<NetworkArtifact> {
  return {
    ...(await networkArtifact(network.exported)),
    parameters: network.parameters,
    preprocessing: JSON.stringify(data.fitted),
  };
}

/** The table with the first rows of a shuffled order for training: a smaller share is a part of a larger one. */
export function withTrainShare(data: PreparedTable, share: number, seed: number): PreparedTable {
  const { train } = data.parts;
  const order = streamOf(seed, 'share').shuffle(Uint32Array.from({ length: train.rows }, (_, i) => i));
  const rows = Math.max(1, Math.round(share * train.rows));
  return { ...data, parts: { ...data.parts, train: rowsOf(train, order.slice(0, rows).sort()) } };
}

/** The table with at most so many validation rows, evenly spaced. */
function withValidationRows(data: PreparedTable, most: number): PreparedTable {
  const { validation } = data.parts;
  if (validation.rows <= most) return data;
  const rows = Uint32Array.from({ length: most }, (_, i) => Math.floor((i * validation.rows) / most));
  return { ...data, parts: { ...data.parts, validation: rowsOf(validation, rows) } };
}

/** A part made of some rows of another, which stay where they are; all of them count the same. */
export function rowsOf({ x, others = [], y }: PreparedPart, rows: Uint32Array): PreparedPart {
  return {
    rows: rows.length,
    x: chooseRows(x, rows),
    others: others.map((each) => chooseRows(each, rows)),
    y: Float32Array.from(rows, (row) => y[row] ?? 0),
  };
}

function diverged(epoch: number): InvalidError {
  return new InvalidError('diverged', `the loss was no longer finite in epoch ${String(epoch)}`);
}
