import { createHash } from 'node:crypto';
import type { SplitParts } from '../../split';
import { ROWS_AT_ONCE, type Table, type TableColumn } from '../../table';
import type { AuditFinding } from '../types';
import { missingIn, type AuditColumn } from '../values';
import { count, percent } from './text';

const MANY_DUPLICATES = 0.01;
const MOST_DUPLICATES = 0.1;
/** Equal pairs of rows that chance makes are no finding, nor are a few times as many. */
const CHANCE_FACTOR = 10;
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

  get rows(): number {
    return this.#high.length;
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

  /**
   * Adds what a row was hashed to already: 48 bits.
   * @param keys of all rows of the table
   * @param rows ascending, as many as there are hashes; null: all
   */
  addKeys(keys: Float64Array, equalByChance: number, rows: Uint32Array | null): void {
    this.#columns += 1;
    this.#equalByChance *= equalByChance;
    for (let i = 0; i < this.#high.length; i++) {
      const key = keys[rows?.[i] ?? i] ?? 0;
      // Half by half, because a value is mixed to 32 bits.
      this.#mix(i, key % 2 ** 24);
      this.#mix(i, Math.floor(key / 2 ** 24));
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

interface Copies {
  /** Rows that repeat one before them. */
  readonly copies: number;
  readonly pairs: number;
  /** Rows of the table that are equal, of the first of them. */
  readonly examples: readonly (readonly number[])[];
}

/** @param rows of the table, for evidence; null: all */
function copiesAmong(hashes: RowHashes, rows: Uint32Array | null): Copies {
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
  keys.forEach((key, i) => {
    const list = examples.get(key);
    if (list !== undefined && list.length < SHOWN) list.push(rows === null ? i : (rows[i] ?? 0));
  });
  return { copies, pairs, examples: [...examples.values()] };
}

/**
 * @param rows of the table, for evidence; null: all
 * @param images hashes of the images alone, where there are any: then equal images are looked for
 */
export function findDuplicates(
  hashes: RowHashes,
  rows: Uint32Array | null,
  images: RowHashes | null,
): readonly AuditFinding[] {
  const compared = images ?? hashes;
  const { copies, pairs, examples } = copiesAmong(compared, rows);
  const all = compared.rows;
  const byChance = compared.pairsByChance();
  if (copies === 0 || pairs <= CHANCE_FACTOR * byChance) return [];
  const share = copies / all;
  const differing = images === null ? 0 : copies - copiesAmong(hashes, rows).copies;
  const also =
    differing === 0 ? '' : `; the other columns say something else of ${String(differing)} of them`;
  const what =
    images === null
      ? `${count(copies, 'row')} of ${String(all)} (${percent(share)}) repeat another row in every column`
      : `${count(copies, 'image')} of ${String(all)} (${percent(share)}) repeat another one, pixel for pixel${also}`;
  return [
    {
      code: 'duplicate_rows',
      severity: share >= MOST_DUPLICATES ? 'problem' : share >= MANY_DUPLICATES ? 'warning' : 'info',
      message: what,
      evidence: {
        copies,
        rows: all,
        share,
        pairs,
        pairsByChance: byChance,
        ...(images === null ? {} : { differing }),
        examples,
      },
      advice:
        images === null
          ? 'Copies on both sides of the split make the figures look better than they are: take them out of the file, or name what repeats as split.group.'
          : 'Copies on both sides of the split make the figures look better than they are: take them out of the file. Of equal images with different labels, at most one is right.',
    },
  ];
}

/**
 * Rows of validation and test whose features are those of a training row.
 * @param hashes of the features, over all rows of the table
 * @param areImages the features are images
 */
export function findLeakAcross(
  hashes: RowHashes,
  parts: SplitParts,
  areImages: boolean,
): readonly AuditFinding[] {
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
      message: `${count(leaked, 'row')} of ${String(measured)} in validation and test (${percent(share)}) have the same ${areImages ? 'pixels' : 'features'} as a training row`,
      evidence: { ...counts, share, rowsByChance: byChance, examples },
      advice: `What the network has learned by heart is measured there. Take the copies out of the file${areImages ? '' : ', or name the column of what repeats as split.group'}.`,
    },
  ];
}
