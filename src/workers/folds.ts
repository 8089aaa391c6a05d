import { encodeCheckpoint, readCheckpoint, UnusableCheckpoint } from '../core/checkpoint';
import type { Decision, JobOutcome, TrialJob, TrialOutcome } from '../core/job';
import type { Metrics } from '../core/metrics';
import { medianEpoch, type EpochReport } from '../core/trial';
import { lastVerdictStep } from '../core/verdict-steps';

/** What running over folds needs of the process. */
export interface FoldHost {
  /** Trains on one fold; nothing of it is reported. */
  train(job: TrialJob, isFirst: boolean): Promise<JobOutcome>;
  report(report: EpochReport, waiting: boolean): void;
  /** The scheduler's answer to a report with `waiting`. */
  verdict(): Promise<Decision>;
  /** Where the trial stands after a fold that was reported before. */
  checkpoint(fold: number, checkpoint: Uint8Array): void;
  cancelled(): boolean;
}

/** What is kept of a fold. */
type FoldResult = Omit<Extract<TrialOutcome, { state: 'completed' }>, 'state' | 'network'>;

/** What a k-fold trial goes on from: the folds that are done. */
interface FoldsDone {
  readonly folds: readonly FoldResult[];
}

/**
 * One trial of a k-fold study: its network is trained on each fold, and each fold is a step of its curve. Metrics are means
 * over the folds, with their standard deviation; the best epoch is the median. No network is kept: the final model is a
 * refit on all of them.
 */
export async function runFolds(job: TrialJob, folds: number, host: FoldHost): Promise<JobOutcome> {
  let from: FoldsDone = { folds: [] };
  try {
    if (job.checkpoint !== null) from = (await readCheckpoint(job.checkpoint)) as FoldsDone;
  } catch (error) {
    if (!(error instanceof UnusableCheckpoint)) throw error;
    return { state: 'unresumable', reason: error.message };
  }
  const done = [...from.folds];
  const checkpoint = (): Uint8Array => encodeCheckpoint(job, { folds: done } satisfies FoldsDone);
  let savedAt = performance.now();
  for (let fold = done.length; fold < folds; fold++) {
    if (host.cancelled()) return { state: 'cancelled' };
    // A fold is trained whole: what is kept of a trial is the folds that are done.
    const part = {
      ...job,
      data: { ...job.data, fold },
      verdicts: null,
      checkpoint: null,
      checkpointMs: Infinity,
    };
    const outcome = await host.train(part, fold === from.folds.length);
    if (outcome.state === 'failed') {
      const { code, message } = outcome.error;
      return { state: 'failed', error: { code, message: `fold ${String(fold + 1)}: ${message}` } };
    }
    if (outcome.state !== 'completed') return outcome;
    const { epochs, bestEpoch, value, metrics } = outcome;
    done.push({ epochs, bestEpoch, value, metrics });
    const step = fold + 1;
    const asks = step < folds && job.verdicts !== null && lastVerdictStep(job.verdicts, fold, step) !== null;
    host.report({ epoch: step, train: metrics.train, validation: metrics.validation }, asks);
    const decision = asks ? await host.verdict() : 'continue';
    if (decision === 'prune') return { state: 'pruned' };
    if (decision === 'pause') return { state: 'paused', checkpoint: checkpoint() };
    if (step < folds && performance.now() - savedAt >= job.checkpointMs) {
      host.checkpoint(step, checkpoint());
      savedAt = performance.now();
    }
  }
  return {
    state: 'completed',
    epochs: done.reduce((sum, { epochs }) => sum + epochs, 0),
    bestEpoch: medianEpoch(done.map(({ bestEpoch }) => bestEpoch)),
    value: mean(done.map(({ value }) => value)) ?? NaN,
    metrics: {
      train: over(
        done.map(({ metrics }) => metrics.train),
        mean,
      ),
      validation: over(
        done.map(({ metrics }) => metrics.validation),
        mean,
      ),
      deviation: over(
        done.map(({ metrics }) => metrics.validation),
        deviation,
      ),
    },
    network: null,
  };
}

/** A metric that is undefined on one fold is undefined over them. */
function over(all: readonly Metrics[], summary: (values: readonly number[]) => number | null): Metrics {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = all.flatMap((metrics) => metrics[name] ?? []);
      return [name, values.length < all.length ? null : summary(values)];
    }),
  );
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample: divided by one less than the folds. */
function deviation(values: readonly number[]): number | null {
  const centre = mean(values);
  if (centre === null || values.length < 2) return null;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
