import { createHash } from 'node:crypto';
import { fitComponents } from '../../preparation/fit-inputs';
import { deviationOf, meanOf } from '../../preparation/statistics';
import type { SplitParts } from '../../split';
import { ROWS_AT_ONCE, type Table, type TableColumn } from '../../table';
import type { AuditFinding } from '../types';
import { missingIn, type AuditColumn } from '../values';
import { count, percent, quoted } from './text';

const MANY_DUPLICATES = 0.01;
const MOST_DUPLICATES = 0.1;
/** Equal pairs of rows that chance makes are no finding, nor are a few times as many. */
const CHANCE_FACTOR = 10;
const ROWS_PER_INPUT = 5;
const FEW_ROWS = 50;
const MOST_COMPONENT_COLUMNS = 200;
const SHOWN = 5;

const VIEW = new Float64Array(1);
const WORDS = new Uint32Array(VIEW.buffer);

/** A hash of each row over the columns that are added, and how often chance makes two rows equal. */
export class RowHashes {
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  #equalByChance = 1;
  #columns = 0;

  constructor(rows: number) {
    this.#high = new Uint32Array(rows).fill(0x9e3779b9);
    this.#low = new Uint32Array(rows).fill(0x85ebca6b);
  }

  /** Columns that were added. */
  get columns(): number {
    return this.#columns;
  }

  /**
   * Reads a column a piece at a time.
   * @param rows ascending, as many as there are hashes; null: all
   * @param column the same one in rows that stand for them: how likely two rows have the same value
   */
  async add(table: Table, column: AuditColumn, rows: Uint32Array | null): Promise<void> {
    this.#columns += 1;
    this.#equalByChance *= collision(column);
    const { name } = column.profile;
    for (let start = 0, i = 0; i < this.#high.length; start += ROWS_AT_ONCE) {
      const end = Math.min(table.rowCount, start + ROWS_AT_ONCE);
      const piece = await table.slice(name, start, end);
      const numbers = piece.kind === 'numbers' || !isTexts(column) ? piece.values : hashesOf(piece);
      for (; i < this.#high.length && (rows?.[i] ?? i) < end; i++) {
        this.#mix(i, numbers[(rows?.[i] ?? i) - start] ?? NaN);
      }
    }
  }

  #mix(i: number, value: number): void {
    VIEW[0] = value + 0;
    const mixed = Math.imul((WORDS[0] ?? 0) ^ Math.imul(WORDS[1] ?? 0, 0xc2b2ae35), 0x27d4eb2f);
    const spread = mixed ^ (mixed >>> 15);
    this.#high[i] = Math.imul((this.#high[i] ?? 0) ^ spread, 0x85ebca6b) + this.#columns;
    const turned = ((this.#low[i] ?? 0) << 13) | ((this.#low[i] ?? 0) >>> 19);
    this.#low[i] = Math.imul(turned ^ mixed, 0x165667b1) + 0x9e3779b9;
  }

  /** 53 bits of each row's hash. */
  keys(): Float64Array {
    return Float64Array.from(this.#high, (high, i) => (high >>> 0) * 2 ** 21 + ((this.#low[i] ?? 0) >>> 11));
  }

  /** Pairs of equal rows that independent columns would make. */
  pairsByChance(): number {
    const rows = this.#high.length;
    return ((rows * (rows - 1)) / 2) * this.#equalByChance;
  }
}

/** Texts have no codes of their own in the table: a piece's say nothing of another's. */
function isTexts({ profile }: AuditColumn): boolean {
  return profile.type === 'text';
}

/** A number for each row's text, -1 for a missing one. */
function hashesOf({ values, levels }: Extract<TableColumn, { kind: 'codes' }>): Float64Array {
  const hashes = levels.map((level) => createHash('sha1').update(level).digest().readUIntBE(0, 6));
  return Float64Array.from(values, (code) => (code < 0 ? -1 : (hashes[code] ?? 0)));
}

/** How likely two rows have the same value. */
function collision(column: AuditColumn): number {
  const present =
    column.kind === 'numbers'
      ? column.repeats
      : column.counts.reduce((sum, [, times]) => sum + times ** 2, 0);
  return (present + missingIn(column) ** 2) / column.values.length ** 2;
}

/** @param rows of the table, for evidence; null: all */
export function findDuplicates(hashes: RowHashes, rows: Uint32Array | null): readonly AuditFinding[] {
  const keys = hashes.keys();
  const sorted = keys.slice().sort();
  let [copies, pairs] = [0, 0];
  const examples = new Map<number, number[]>();
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    const times = end - start;
    if (times > 1) {
      copies += times - 1;
      pairs += (times * (times - 1)) / 2;
      if (examples.size < SHOWN) examples.set(sorted[start] ?? 0, []);
    }
    start = end;
  }
  const byChance = hashes.pairsByChance();
  if (copies === 0 || pairs <= CHANCE_FACTOR * byChance) return [];
  keys.forEach((key, i) => {
    const list = examples.get(key);
    if (list !== undefined && list.length < SHOWN) list.push(rows === null ? i : (rows[i] ?? 0));
  });
  const share = copies / keys.length;
  return [
    {
      code: 'duplicate_rows',
      severity: share >= MOST_DUPLICATES ? 'problem' : share >= MANY_DUPLICATES ? 'warning' : 'info',
      message: `${count(copies, 'row')} of ${String(keys.length)} (${percent(share)}) repeat another row in every column`,
      evidence: {
        copies,
        rows: keys.length,
        share,
        pairs,
        pairsByChance: byChance,
        examples: [...examples.values()],
      },
      advice:
        'Copies on both sides of the split make the figures look better than they are: take them out of the file, or name what repeats as split.group.',
    },
  ];
}

/**
 * Rows of validation and test whose features are those of a training row.
 * @param hashes of the features, over all rows of the table
 */
export function findLeakAcross(hashes: RowHashes, parts: SplitParts): readonly AuditFinding[] {
  const keys = hashes.keys();
  const inTraining = new Map<number, number>();
  for (const row of parts.train) if (!inTraining.has(keys[row] ?? 0)) inTraining.set(keys[row] ?? 0, row);
  const examples: { part: string; row: number; training: number }[] = [];
  const counts = { validation: 0, test: 0 };
  for (const part of ['validation', 'test'] as const) {
    for (const row of parts[part]) {
      const training = inTraining.get(keys[row] ?? 0);
      if (training === undefined) continue;
      counts[part] += 1;
      if (examples.length < SHOWN * 2) examples.push({ part, row, training });
    }
  }
  const leaked = counts.validation + counts.test;
  const measured = parts.validation.length + parts.test.length;
  const all = keys.length;
  // Of the pairs that chance makes, those between a measured row and a training row.
  const byChance = hashes.pairsByChance() * ((2 * measured * parts.train.length) / (all * all));
  if (leaked === 0 || leaked <= CHANCE_FACTOR * byChance) return [];
  const share = leaked / measured;
  return [
    {
      code: 'leak_across_split',
      severity: share >= MOST_DUPLICATES ? 'problem' : 'warning',
      message: `${count(leaked, 'row')} of ${String(measured)} in validation and test (${percent(share)}) have the same features as a training row`,
      evidence: { ...counts, share, rowsByChance: byChance, examples },
      advice:
        'What the network has learned by heart is measured there. Take the copies out of the file, or name the column of what repeats as split.group.',
    },
  ];
}

/** @param inputs columns that the features make, roughly @param numbers numeric columns in some of the rows */
export function findFewRows(
  rows: number,
  inputs: number,
  numbers: readonly Float64Array[],
): readonly AuditFinding[] {
  if (inputs === 0 || (rows >= FEW_ROWS && rows >= ROWS_PER_INPUT * inputs)) return [];
  const held = heldByFew(numbers);
  const also =
    held === null
      ? ''
      : `; ${String(held.components)} principal components hold ${percent(held.share)} of the variance of its numbers`;
  return [
    {
      code: 'few_rows',
      severity: rows < 2 * inputs || rows < FEW_ROWS / 2 ? 'problem' : 'warning',
      message: `${count(rows, 'row')} are few for about ${count(inputs, 'input')}${also}`,
      evidence: {
        rows,
        inputs,
        rowsPerInput: rows / inputs,
        thresholds: { rowsPerInput: ROWS_PER_INPUT, rows: FEW_ROWS },
        ...(held === null ? {} : { components: held.components, varianceShare: held.share }),
      },
      advice:
        'Small or linear networks ({"preset": "linear"}), dropout and l2 help against learning by heart; preparation.pca or features.include make fewer inputs; "kfold" measures more steadily.',
    },
  ];
}

/** The variance that a few principal components of the numbers hold. */
function heldByFew(
  numbers: readonly Float64Array[],
): { readonly components: number; readonly share: number } | null {
  const used = numbers.slice(0, MOST_COMPONENT_COLUMNS);
  const rows = used[0]?.length ?? 0;
  if (used.length < 4 || rows < 3) return null;
  const x = new Float64Array(rows * used.length);
  used.forEach((values, k) => {
    const present = values.filter((value) => !Number.isNaN(value));
    const mean = meanOf(present);
    const deviation = deviationOf(present, mean) || 1;
    values.forEach((value, i) => {
      x[i * used.length + k] = Number.isNaN(value) ? 0 : (value - mean) / deviation;
    });
  });
  const components = 3;
  const fitted = fitComponents(
    { rows, width: used.length, x, y: new Float64Array(rows), isClasses: false },
    components,
  );
  return { components, share: fitted.variance.reduce((sum, share) => sum + share, 0) };
}

export interface Entities {
  readonly name: string;
  /** Code of each row's entity, -1 where it has none. */
  readonly codes: Int32Array;
  readonly distinct: number;
  /** Columns that hardly change within an entity. */
  readonly steady: readonly string[];
}

/** The same person, device or place in several rows. @param parts of the split, if there is one; `group` the column it keeps whole */
export function findEntities(
  { name, codes, distinct, steady }: Entities,
  rows: number,
  group: string | null,
): readonly AuditFinding[] {
  const each = codes.filter((code) => code >= 0).length / distinct;
  const isKept = group === name;
  const why =
    steady.length === 0 ? '' : `; ${steady.slice(0, 3).map(quoted).join(', ')} hardly change within one`;
  return [
    {
      code: 'repeated_entities',
      severity: isKept ? 'info' : 'warning',
      message: `${quoted(name)} names ${String(distinct)} things in ${count(rows, 'row')}, ${each.toFixed(1)} rows each on average${why}`,
      evidence: { column: name, distinct, rows, rowsEach: each, steady },
      advice: isKept
        ? 'split.group keeps each of them on one side of the split.'
        : `Name it as split.group: otherwise rows of one of them are learned and measured at once, and the figures look better than they are.`,
    },
  ];
}
