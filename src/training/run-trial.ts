import { encodeCheckpoint, readCheckpoint, UnusableCheckpoint } from '../core/checkpoint';
import { isBetter } from '../core/metrics';
import { TuneloomError } from '../core/errors';
import { threadClock } from '../core/phase-clock';
import type { Decision, JobOutcome, TrialJob, TrialOutcome, TrialStarted } from '../core/job';
import type { EpochReport } from '../core/trial';
import { lastVerdictStep } from '../core/verdict-steps';
import type { PreparedTable } from '../datasets';
import { isCancelled } from './cancelled';
import type { Best, Checkpoint, TrialProgress } from './checkpoint';
import { artifactOf } from './fit';
import type { Network } from './network';
import { withTrainer } from './open-trainer';
import type { TrialTrainer } from './trainer';

/** What a trial sees of the process it runs in. */
export interface TrialHost {
  started(details: TrialStarted): void;
  report(report: EpochReport): void;
  /** Asked after `report` at the steps of `job.verdicts`, and waited for. */
  verdict(epoch: number): Promise<Decision>;
  /** Where the trial stands after an epoch that was reported before. */
  checkpoint(epoch: number, checkpoint: Uint8Array): void;
  /** Looked at before every batch, between pieces of a measurement and between stages of compiling: must be cheap. */
  cancelled(): boolean;
  readonly device: string;
}

/**
 * Trains one network to its end. What the trial did wrong (a network that cannot be built, a loss that is no longer
 * finite) is its outcome; only bugs are thrown.
 */
export async function runTrial(job: TrialJob, data: PreparedTable, host: TrialHost): Promise<JobOutcome> {
  try {
    const from = job.checkpoint === null ? null : ((await readCheckpoint(job.checkpoint)) as Checkpoint);
    const cancelled = (): boolean => host.cancelled();
    const request = { ...job, device: host.device, cancelled };
    return await withTrainer(request, data, ({ network, trainer, engine, engineReason }) => {
      if (from !== null) trainer.restore(from.trainer);
      host.started({ device: host.device, engine, engineReason, parameters: network.parameters });
      return epochs(job, data, host, trainer, network, from ?? BEGINNING);
    });
  } catch (error) {
    if (error instanceof UnusableCheckpoint) return { state: 'unresumable', reason: error.message };
    if (isCancelled(error)) return { state: 'cancelled' };
    if (!(error instanceof TuneloomError) || error.kind === 'internal') throw error;
    return { state: 'failed', error: { code: error.code, message: error.message } };
  }
}

const BEGINNING: TrialProgress = { epoch: 0, best: null, reference: null };

async function epochs(
  job: TrialJob,
  data: PreparedTable,
  host: TrialHost,
  trainer: TrialTrainer,
  network: Network,
  from: TrialProgress,
): Promise<JobOutcome> {
  const { epochs: most, earlyStopping } = job.config.training;
  const metric = job.objective.metric.slice('validation.'.length);
  let { epoch: done, best, reference } = from;
  const cancelled = (): boolean => host.cancelled();
  let savedAt = performance.now();
  const checkpoint = (): Uint8Array =>
    encodeCheckpoint(job, { epoch: done, best, reference, trainer: trainer.state() } satisfies Checkpoint);
  while (done < most) {
    const epoch = done + 1;
    const end = await threadClock.spend('steps', () => trainer.epoch(epoch, cancelled));
    if (end.state === 'cancelled') return { state: 'cancelled' };
    if (end.state === 'diverged') return diverged(epoch);
    const validation = await threadClock.spend('evaluate', () =>
      trainer.measure(data.parts.validation, cancelled),
    );
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
    if (epoch === most) break;
    const asks = job.verdicts !== null && lastVerdictStep(job.verdicts, epoch - 1, epoch) !== null;
    if (asks) {
      const verdict = await threadClock.spend('verdict', () => host.verdict(epoch));
      if (verdict === 'prune') return { state: 'pruned' };
      if (verdict === 'pause') return { state: 'paused', checkpoint: checkpoint() };
    }
    if (performance.now() - savedAt >= job.checkpointMs) {
      host.checkpoint(epoch, checkpoint());
      savedAt = performance.now();
    }
  }
  return completed(job, data, host, trainer, network, { epoch: done, best });
}

/** The trial's end with its best weights. */
async function completed(
  job: TrialJob,
  data: PreparedTable,
  host: TrialHost,
  trainer: TrialTrainer,
  network: Network,
  { epoch, best }: { readonly epoch: number; readonly best: Best | null },
): Promise<TrialOutcome> {
  if (best === null) {
    const message = `${job.objective.metric} was undefined after every epoch`;
    return { state: 'failed', error: { code: 'undefined_objective', message } };
  }
  trainer.setWeights(best.weights);
  const train = await threadClock.spend('evaluate', () =>
    trainer.measure(data.parts.train, () => host.cancelled()),
  );
  return {
    state: 'completed',
    epochs: epoch,
    bestEpoch: best.epoch,
    value: best.value,
    metrics: { train, validation: best.validation },
    network: await threadClock.spend('export', () => artifactOf(network, data)),
  };
}

function gain(value: number, from: number, { objective }: TrialJob): number {
  return objective.direction === 'minimize' ? from - value : value - from;
}

function diverged(epoch: number): TrialOutcome {
  const message = `the loss was no longer finite in epoch ${String(epoch)}; a smaller learning rate may help`;
  return { state: 'failed', error: { code: 'diverged', message } };
}
