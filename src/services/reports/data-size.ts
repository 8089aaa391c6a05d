import { TuneloomError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, TrialTransport } from '../../core/job';
import { leadingObjective } from '../../core/objectives';
import { deriveSeed } from '../../core/random';
import type { Specification } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import { dataSizeCurve, type DataSizeCurve, type SizePoint } from '../../insight';
import { toTrialConfig } from '../specification';

/** Shares of the training rows, and fits at each; with the last one all of them are used. */
const SHARES = [0.1, 0.2, 0.35, 0.6, 1];
const REPEATS = 3;
/** Fewer training rows than this tell nothing of a curve. */
const LEAST_ROWS = 50;
/** What a measurement at the end of a study may take: so long, in milliseconds, or such a share of its running time. */
const FREE_MS = 10_000;
const MOST_SHARE = 0.25;

/** @param runningMs of the study, so far @returns milliseconds */
export function mostMs(runningMs: number): number {
  return Math.max(FREE_MS, MOST_SHARE * runningMs);
}

/**
 * The best configuration trained on growing shares of the training rows, and what more rows would give. Null where the
 * fits would take too long, or there are too few rows.
 */
export async function measureDataSize(
  {
    trial,
    spec,
    data,
    runningMs,
  }: {
    readonly trial: StoredTrial;
    readonly spec: Specification;
    readonly data: DataJob;
    /** Of the study, so far. */
    readonly runningMs: number;
  },
  transport: Pick<TrialTransport, 'perform'>,
): Promise<DataSizeCurve | null> {
  const folds = spec.split.folds ?? 1;
  const cost = ((trial.durationMs ?? 0) / folds) * REPEATS * SHARES.reduce((sum, share) => sum + share, 0);
  if (cost > mostMs(runningMs)) return null;
  const config = toTrialConfig(trial.config, spec.task);
  const fits = SHARES.flatMap((share) => Array.from({ length: REPEATS }, (_, repeat) => ({ share, repeat })));
  const points = await Promise.all(
    fits.map(async ({ share, repeat }): Promise<SizePoint | null> => {
      try {
        const { trainRows, metrics } = await transport.perform('fit', {
          id: newId('md'),
          data,
          config,
          seed: deriveSeed(trial.seed, 'data size', repeat),
          engine: trial.engine ?? 'auto',
          objective: leadingObjective(spec.objectives),
          trainShare: share,
          keepNetwork: false,
        });
        const [train, validation] = [metrics.train['loss'] ?? null, metrics.validation?.['loss'] ?? null];
        return train === null || validation === null ? null : { share, rows: trainRows, train, validation };
      } catch (error) {
        // A fit that diverges on few rows is left out.
        if (error instanceof TuneloomError && error.kind !== 'unavailable') return null;
        throw error;
      }
    }),
  );
  const made = points.filter((point) => point !== null);
  const most = made.reduce((rows, point) => Math.max(rows, point.rows), 0);
  return most < LEAST_ROWS ? null : dataSizeCurve(made, spec.search.seed);
}
