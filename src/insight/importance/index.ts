import type { ImportanceMethod, ImportanceTable } from './columns';
import { fanova } from './fanova';
import { pedAnova } from './ped-anova';

export type { ImportanceColumn, ImportanceMethod, ImportanceTable } from './columns';

export const IMPORTANCE_METHODS: readonly ImportanceMethod[] = ['fanova', 'ped-anova'];

/** The importance of each hole by name; they sum to 1 where there is a hole. */
export function importances(
  table: ImportanceTable,
  method: ImportanceMethod,
): Readonly<Record<string, number>> {
  const values = method === 'fanova' ? fanova(table) : pedAnova(table);
  return Object.fromEntries(table.columns.map(({ name }, i) => [name, values[i] ?? 0]));
}
