import type { DataJob } from '../../core/job';
import type { RandomStream } from '../../core/random';
import type { SplitParts } from '../split';
import { openTable, type TableColumn } from '../table';
import { applyToTable } from './apply';
import type { FittedPreparation } from './fitted';
import { rowsOfJob } from './prepare-table';

/** The rows of a job as they came, before any preparation. */
export interface RawRows {
  /** Row numbers of the table. */
  readonly parts: SplitParts;
  /** Feature columns by name, in the job's order; whole columns. */
  readonly columns: ReadonlyMap<string, TableColumn>;
}

/** @throws InvalidError `too_few_rows` */
export async function openRawRows(job: DataJob): Promise<RawRows> {
  const table = await openTable(job.table.folder);
  const columns = await Promise.all(
    job.features.map(async (name) => [name, await table.column(name)] as const),
  );
  return { parts: await rowsOfJob(table, job), columns: new Map(columns) };
}

/**
 * The prepared input of some rows with one raw column shuffled among them, so that it tells nothing any more.
 * @param rows row numbers of the table
 * @returns [rows, width], row-major
 */
export function preparedShuffled(
  fitted: FittedPreparation,
  { columns }: RawRows,
  rows: Uint32Array,
  shuffled: { readonly feature: string; readonly stream: RandomStream },
): Float32Array {
  const out = new Float32Array(rows.length * fitted.features.length);
  const column = columns.get(shuffled.feature);
  if (column === undefined) {
    applyToTable(fitted, columns, rows, out);
    return out;
  }
  const order = shuffled.stream.shuffle(Uint32Array.from(rows));
  const values = column.values.slice();
  rows.forEach((row, i) => {
    values[row] = column.values[order[i] ?? 0] ?? NaN;
  });
  applyToTable(
    fitted,
    new Map([...columns, [shuffled.feature, { ...column, values } as TableColumn]]),
    rows,
    out,
  );
  return out;
}
