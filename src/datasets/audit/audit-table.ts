import type { ColumnProfile } from '../../core/dataset';
import { worstFirst } from '../../core/finding';
import { classCodes } from '../preparation/fit-target';
import { evenly } from '../preparation/fit-inputs';
import type { SplitParts } from '../split';
import type { Table } from '../table';
import { classLabels, inferTask, usableFeatures, type LeftOut } from '../task';
import { associationOf, type AuditTarget } from './association';
import { EntityCandidates } from './entities';
import { findDuplicates, findLeakAcross, RowHashes } from './findings/copies';
import { findColumn } from './findings/columns';
import {
  findColumnsLeftOut,
  findRowsLeftOut,
  findSmallClasses,
  findUnmeasuredClasses,
  type Division,
} from './findings/left-out';
import { findTexts } from './findings/levels';
import { findNumbers } from './findings/numbers';
import { PairSample } from './findings/pairs';
import { findEntities, findFewRows } from './findings/rows';
import { findImbalance, findLeak } from './findings/target';
import { hashImages, imageStatistics } from './images';
import { statisticsOf } from './statistics';
import type { Audit, AuditFinding, ColumnAudit } from './types';
import { binnedNumbers, distinctIn, lookAt, missingIn, type AuditColumn } from './values';

const MOST_ROWS = 2_000_000;
/** Rows, evenly spaced, in which columns are compared with each other. */
const PAIR_ROWS = 20_000;
const TARGET_BINS = 10;
/** A category makes at most so many inputs. */
const MOST_ONE_HOT = 50;
/** The default of preparation.rareLevels: rarer levels share an input. */
const RARE_LEVELS = 0.01;

export interface AuditOptions {
  /** Null: nothing is said about a target. */
  readonly target: string | null;
  /** Null: by the target's column. */
  readonly labels?: readonly string[] | null;
  /** Rows that are looked at; null: all. */
  readonly rows: Uint32Array | null;
  /** Columns that a study uses; null: all but the target. */
  readonly features: readonly string[] | null;
  /** Of a study: whether features of training rows stand in other parts too. */
  readonly parts: SplitParts | null;
  /** Column that the split keeps whole. */
  readonly group: string | null;
  /** Of a study: where its rows went. */
  readonly division?: Division;
  /** Beyond so many rows statistics are of that many, evenly spaced; left out: two million. */
  readonly mostRows?: number;
}

/**
 * Looks at a table column by column: no more than a few columns are in memory at once. Of too many rows it looks at some,
 * evenly spaced; equal rows are looked for among all.
 */
export async function auditTable(table: Table, options: AuditOptions): Promise<Audit> {
  const { target: targetName, rows: wanted, features, parts, group } = options;
  const all = wanted?.length ?? table.rowCount;
  const { mostRows = MOST_ROWS } = options;
  const rows = all > mostRows ? evenlySpaced(wanted, all, mostRows) : wanted;
  const count = rows?.length ?? all;
  const target = targetName === null ? null : await targetOf(table, targetName, { ...options, rows });
  const hashes = new RowHashes(all);
  let pictures: RowHashes | null = null;
  const across = parts === null ? null : new RowHashes(table.rowCount);
  const sample = new PairSample(Uint32Array.from(evenly(count, PAIR_ROWS)));
  const candidates = new EntityCandidates(count);
  const columns: ColumnAudit[] = [];
  const findings: AuditFinding[] = [];
  let inputs = 0;
  const unused = unusedColumns(table, options);
  const leftOut = new Set(unused.map(({ name }) => name));

  for (const profile of table.profiles) {
    if (profile.type === 'image') {
      const found = await hashImages(table, profile.name);
      columns.push(imageStatistics(found, rows));
      pictures ??= new RowHashes(all);
      for (const each of [hashes, pictures]) each.addKeys(found.keys, found.equalByChance, wanted);
      if (features === null || features.includes(profile.name))
        across?.addKeys(found.keys, found.equalByChance, null);
      continue;
    }
    const column = await lookAt(table, profile.name, rows);
    const isTarget = profile.name === targetName;
    const association = target === null || isTarget ? null : associationOf(column, target);
    columns.push({ ...statisticsOf(column), association });
    const own = [
      ...findColumn(column, { isTarget, isLeftOut: leftOut.has(profile.name), spacing: all / count }),
      ...(column.kind === 'numbers' ? findNumbers(column, rows) : []),
      ...findTexts(column),
    ];
    const isMisread = own.some(({ code }) => code === 'dates_as_text' || code === 'mixed_types');
    // Levels of a column that should not have any are no finding of their own.
    findings.push(...own.filter(({ code }) => !(isMisread && code === 'high_cardinality')));
    // One value and none are two kinds of rows, which may tell the target.
    const kinds = distinctIn(column) + Number(missingIn(column) > 0);
    const isIdentifier = own.some(({ code }) => code === 'identifier_column');
    // Without their identifiers, equal rows are equal.
    if (!isIdentifier) await hashes.add(table, column, wanted);
    const isUsed = features === null ? !isTarget && !isIdentifier : features.includes(profile.name);
    if (isTarget || kinds < 2) continue;
    if (target !== null && !isIdentifier) findings.push(...findLeak(column, target));
    if (!isIdentifier) sample.add(column);
    candidates.add(column);
    if (isUsed) {
      await across?.add(table, column, null);
      inputs += inputsOf(column, features !== null);
    }
  }

  if (target !== null) findings.push(...findImbalance(target));
  findings.push(...findUnmeasured(table, target, options), ...findColumnsLeftOut(unused));
  findings.push(...sample.findRedundant());
  findings.push(...findFewRows(count, inputs, sample.numbers));
  if (hashes.columns > 0) findings.push(...findDuplicates(hashes, wanted, pictures));
  for (const entities of await candidates.entities(table, targetName, rows)) {
    findings.push(...findEntities(entities, count, group));
  }
  if (across !== null && parts !== null && across.columns > 0)
    findings.push(...findLeakAcross(across, parts, pictures !== null));
  return { rows: count, allRows: all, columns, findings: worstFirst(findings) };
}

/** Columns that a study does not look at by itself, and this one does not by request. */
function unusedColumns(table: Table, { target, features }: AuditOptions): readonly LeftOut[] {
  const { leftOut } = usableFeatures(table.profiles, target, table.rowCount);
  return leftOut.filter(({ name }) => features?.includes(name) !== true);
}

/** Rows that a study leaves out, and classes that it cannot measure. */
function findUnmeasured(
  table: Table,
  target: AuditTarget | null,
  { target: name, division }: AuditOptions,
): readonly AuditFinding[] {
  if (name === null) return [];
  const profile = table.profile(name);
  const rows = findRowsLeftOut({
    target: name,
    withoutTarget: division?.split.withoutTarget ?? profile.missing,
    time: division?.time ?? null,
    withoutTime: division?.split.withoutTime ?? 0,
    rows: table.rowCount,
  });
  if (target?.kind !== 'classes') return rows;
  const classes =
    division === undefined ? findSmallClasses(profile) : findUnmeasuredClasses(name, target.labels, division);
  return [...rows, ...classes];
}

function evenlySpaced(rows: Uint32Array | null, all: number, most: number): Uint32Array {
  return Uint32Array.from({ length: most }, (_, i) => {
    const place = Math.floor((i * all) / most);
    return rows?.[place] ?? place;
  });
}

/** Columns that a feature makes of a network's input, roughly. Text is used where a study names it. */
function inputsOf(column: AuditColumn, isNamed: boolean): number {
  const { type } = column.profile;
  if (column.kind === 'numbers') return 1;
  if (type === 'boolean') return 1;
  if (type === 'text' && !isNamed) return 0;
  const frequent = column.counts.filter(([, count]) => count >= RARE_LEVELS * column.values.length).length;
  return Math.min(MOST_ONE_HOT, frequent) + Number(frequent < column.counts.length);
}

async function targetOf(
  table: Table,
  name: string,
  { labels, rows }: AuditOptions,
): Promise<AuditTarget | null> {
  const profile = table.profile(name);
  const found = labels === undefined ? labelsOf(profile) : labels;
  if (found !== null) {
    const stored = rows === null ? await table.column(name) : await table.pick(name, rows);
    return { kind: 'classes', name, codes: classCodes({ profile, column: stored }, found), labels: found };
  }
  const column = await lookAt(table, name, rows);
  if (column.kind !== 'numbers') return null;
  const { values, sorted } = column;
  return { kind: 'values', name, values, binned: binnedNumbers(values, sorted, TARGET_BINS) };
}

/** Null of a number, and of a target that nothing can be learned from: its own findings say why. */
function labelsOf(profile: ColumnProfile): readonly string[] | null {
  if (profile.distinct < 2 || profile.type === 'datetime') return null;
  if (profile.type !== 'numeric' && profile.levels === null) return null;
  const task = inferTask(profile);
  return task === 'regression' ? null : classLabels(profile, task);
}
