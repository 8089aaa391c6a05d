import { isBetter, type Metrics } from '../core/metrics';
import { TuneloomError } from '../core/errors';
import { threadClock } from '../core/phase-clock';
import type { NetworkArtifact, TrialJob, TrialOutcome, TrialStarted } from '../core/job';
import type { EpochReport } from '../core/trial';
import { lastVerdictStep } from '../core/verdict-steps';
import { networkArtifact } from '../artifacts';
import type { PreparedTable } from '../datasets';
import type { Network } from './network';
import { withTrainer } from './open-trainer';
import type { TrialTrainer, Weights } from './trainer';

/** What a trial sees of the process it runs in. */
export interface TrialHost {
  started(details: TrialStarted): void;
  report(report: EpochReport): void;
  /** Asked after `report` at the steps of `job.verdicts`, and waited for. */
  verdict(epoch: number): Promise<'continue' | 'prune'>;
  /** Looked at before every batch: must be cheap. */
  cancelled(): boolean;
  readonly device: string;
}

interface Best {
  readonly epoch: number;
  readonly value: number;
  readonly validation: Metrics;
  readonly weights: Weights;
}

/**
 * Trains one network to its end. What the trial did wrong (a network that cannot be built, a loss that is no longer
 * finite) is its outcome; only bugs are thrown.
 */
export async function runTrial(job: TrialJob, data: PreparedTable, host: TrialHost): Promise<TrialOutcome> {
  try {
    const request = { ...job, device: host.device };
    return await withTrainer(request, data, ({ network, trainer, engine, engineReason }) => {
      host.started({ device: host.device, engine, engineReason, parameters: network.parameters });
      return epochs(job, data, host, trainer, network);
    });
  } catch (error) {
    if (!(error instanceof TuneloomError) || error.kind === 'internal') throw error;
    return { state: 'failed', error: { code: error.code, message: error.message } };
  }
}

async function epochs(
  job: TrialJob,
  data: PreparedTable,
  host: TrialHost,
  trainer: TrialTrainer,
  network: Network,
): Promise<TrialOutcome> {
  const { epochs: most, earlyStopping } = job.config.training;
  const metric = job.objective.metric.slice('validation.'.length);
  let best: Best | null = null;
  /** The value that early stopping measures improvement from, and the epoch that set it. */
  let reference: { value: number; epoch: number } | null = null;
  let done = 0;
  for (let epoch = 1; epoch <= most; epoch++) {
    const end = await threadClock.spend('steps', () => trainer.epoch(epoch, () => host.cancelled()));
    if (end.state === 'cancelled') return { state: 'cancelled' };
    if (end.state === 'diverged') return diverged(epoch);
    const validation = await threadClock.spend('evaluate', () => trainer.measure(data.parts.validation));
    if (validation['loss'] === null) return diverged(epoch);
    host.report({ epoch, train: { loss: end.loss }, validation });
    done = epoch;
    const value = validation[metric] ?? null;
    const improved = value !== null && isBetter(value, best?.value ?? null, job.objective.direction);
    trainer.observe(improved);
    if (improved) {
      best = { epoch, value, validation, weights: trainer.weights() };
    }
    if (
      value !== null &&
      (reference === null || gain(value, reference.value, job) > (earlyStopping?.minDelta ?? 0))
    ) {
      reference = { value, epoch };
    }
    if (earlyStopping !== null && epoch - (reference?.epoch ?? 0) >= earlyStopping.patience) break;
    const asks = job.verdicts !== null && lastVerdictStep(job.verdicts, epoch - 1, epoch) !== null;
    if (!asks || epoch === most) continue;
    const verdict = await threadClock.spend('verdict', () => host.verdict(epoch));
    if (verdict === 'prune') return { state: 'pruned' };
  }
  if (best === null) {
    const message = `${job.objective.metric} was undefined after every epoch`;
    return { state: 'failed', error: { code: 'undefined_objective', message } };
  }
  trainer.setWeights(best.weights);
  const train = await threadClock.spend('evaluate', () => trainer.measure(data.parts.train));
  const artifact: NetworkArtifact = {
    ...(await threadClock.spend('export', () => networkArtifact(network.exported))),
    parameters: network.parameters,
    preprocessing: JSON.stringify(data.fitted),
  };
  return {
    state: 'completed',
    epochs: done,
    bestEpoch: best.epoch,
    value: best.value,
    metrics: { train, validation: best.validation },
    network: artifact,
  };
}

function gain(value: number, from: number, { objective }: TrialJob): number {
  return objective.direction === 'minimize' ? from - value : value - from;
}

function diverged(epoch: number): TrialOutcome {
  const message = `the loss was no longer finite in epoch ${String(epoch)}; a smaller learning rate may help`;
  return { state: 'failed', error: { code: 'diverged', message } };
}
