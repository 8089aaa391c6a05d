import { InternalError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import type { Objective } from '../../core/metrics';
import type { Predictions } from '../../core/predictions';
import { openTable } from '../../datasets';
import {
  compare,
  meanOf,
  scoreRows,
  selectMembers,
  type PairedComparison,
  type ResamplingUnit,
} from '../../insight';

/** What two models say of the same rows. */
export interface ComparisonRequest {
  readonly data: DataJob;
  readonly first: Predictions;
  readonly second: Predictions;
  readonly objective: Objective;
  readonly seed: number;
}

/** A paired bootstrap of the objective's metric. Runs in the analysts' pool. */
export async function comparePredictions(request: ComparisonRequest): Promise<PairedComparison> {
  const { data, first, second, objective, seed } = request;
  const unit = await unitOf(data, first.rows);
  const [one, other] = [scoreRows(first), scoreRows(second)];
  return compare(one, other, comparableObjective(first, objective), unit, seed);
}

/** What several models say of the same rows. */
export interface SelectionRequest {
  readonly predictions: readonly Predictions[];
  readonly objective: Objective;
  /** Models in the mean at most. */
  readonly size: number;
  /** [models]: parameters of each, and how many those of the mean may have together. */
  readonly sizes: readonly number[];
  readonly most: number;
}

/** The best mean of several models. */
export interface Selection {
  /** [models]: how often each counts. */
  readonly counts: readonly number[];
  /** What the mean says of the rows. */
  readonly mean: Predictions;
}

/** Picks the models of a mean. Runs in the analysts' pool. */
export function selectForMean(request: SelectionRequest): Selection {
  const { predictions, objective, size, sizes, most } = request;
  const [first] = predictions;
  if (first === undefined) throw new InternalError('no_predictions', 'a mean takes predictions');
  const counts = selectMembers(predictions, comparableObjective(first, objective), size, { sizes, most });
  const members = counts.flatMap((count, i) => {
    const of = predictions[i];
    return count === 0 || of === undefined ? [] : [{ count, of }];
  });
  const mean = meanOf(
    members.map(({ of }) => of),
    members.map(({ count }) => count),
  );
  return { counts, mean };
}

/** Rows of one group are drawn together, and rows that follow in time as blocks. */
export async function unitOf({ table, split }: DataJob, rows: Uint32Array): Promise<ResamplingUnit> {
  if (split.group === null && split.time === null) return { kind: 'rows' };
  const opened = await openTable(table.folder);
  if (split.group !== null) {
    const codes = await opened.codes(split.group);
    return { kind: 'groups', groups: Int32Array.from(rows, (row) => codes[row] ?? -1) };
  }
  const times = await opened.numbers(split.time ?? '');
  const order = Uint32Array.from(rows, (_, i) => i).sort(
    (a, b) => (times[rows[a] ?? 0] ?? 0) - (times[rows[b] ?? 0] ?? 0),
  );
  return { kind: 'blocks', order };
}

/** The objective's metric of predictions; what is plain for them where it is the training loss or none of theirs. */
export function comparableObjective(predictions: Predictions, { metric, direction }: Objective): Objective {
  const wanted = metric.slice('validation.'.length);
  if (wanted in scoreRows(predictions).measure(null)) return { metric: wanted, direction };
  return { metric: predictions.kind === 'classes' ? 'logLoss' : 'mse', direction: 'minimize' };
}
