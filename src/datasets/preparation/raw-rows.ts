import type { DataJob } from '../../core/job';
import type { RandomStream } from '../../core/random';
import type { SplitParts } from '../split';
import { openTable, type TableColumn } from '../table';
import { applyToTable } from './apply';
import { rowsOfJob, type PreparedTable } from './prepare-table';
import { sideBySide } from './store-parts';

/** The rows of a job as they came, before any preparation. */
export interface RawRows {
  /** Row numbers of the table. */
  readonly parts: SplitParts;
  /** Feature columns by name, in the job's order, in the given rows of the table (ascending). */
  readonly columns: (rows: Uint32Array) => Promise<ReadonlyMap<string, TableColumn>>;
}

/** @throws InvalidError `too_few_rows` */
export async function openRawRows(job: DataJob): Promise<RawRows> {
  const table = await openTable(job.table.folder);
  return {
    parts: await rowsOfJob(table, job),
    columns: async (rows) => {
      const columns = new Map<string, TableColumn>();
      for (const name of job.features) columns.set(name, await table.pick(name, rows));
      return columns;
    },
  };
}

/**
 * The prepared inputs of some rows with one raw column shuffled among them, so that it tells nothing any more.
 * @param columns in those rows
 * @returns [rows, width], row-major, of each input of the table
 */
export function preparedShuffled(
  { fitted, otherShapes = [] }: PreparedTable,
  columns: ReadonlyMap<string, TableColumn>,
  { feature, stream }: { readonly feature: string; readonly stream: RandomStream },
): readonly Float32Array[] {
  const count = [...columns.values()][0]?.values.length ?? 0;
  const rows = Uint32Array.from({ length: count }, (_, i) => i);
  const column = columns.get(feature);
  const used =
    column === undefined ? columns : new Map([...columns, [feature, shuffled(column, stream, rows)]]);
  const made = fitted.inputs.map((input) => {
    const out = new Float32Array(count * input.features.length);
    applyToTable(input, used, rows, out);
    return out;
  });
  return otherShapes.length > 0 ? made : [sideBySide(made, count)];
}

function shuffled(column: TableColumn, stream: RandomStream, rows: Uint32Array): TableColumn {
  const order = stream.shuffle(Uint32Array.from(rows));
  if (column.kind === 'numbers')
    return { kind: 'numbers', values: Float64Array.from(order, (row) => column.values[row] ?? NaN) };
  return { ...column, values: Int32Array.from(order, (row) => column.values[row] ?? -1) };
}
