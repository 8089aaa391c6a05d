import type { DataJob, NetworkBytes } from '../core/job';
import type { Part } from '../core/metrics';
import { applyStored, closeTable, parsePreparation, type PreparedTable } from '../datasets';

interface Needs {
  readonly parts: readonly Part[];
  /** Of prepared rows that may be in memory; more lie in files. */
  readonly memoryBytes: number;
}

/**
 * Works with a job's rows as a stored network takes them: as they are prepared for the job, or, where the network was made
 * of several or of other rows, by its own `preprocessing.json`.
 */
export async function asItsInputs<T>(
  { data, network }: { readonly data: DataJob; readonly network: NetworkBytes },
  prepared: PreparedTable,
  { parts, memoryBytes }: Needs,
  work: (table: PreparedTable) => Promise<T>,
): Promise<T> {
  const { preprocessing } = network;
  if (preprocessing === undefined || preprocessing === JSON.stringify(prepared.fitted)) return work(prepared);
  const own = await applyStored(data, parsePreparation(preprocessing), parts, memoryBytes);
  try {
    return await work(own);
  } finally {
    closeTable(own);
  }
}
