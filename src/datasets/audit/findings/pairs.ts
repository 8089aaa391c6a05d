import { crossedV, pearson } from '../association';
import type { AuditFinding } from '../types';
import { binned, type AuditColumn, type Binned } from '../values';
import { count, quoted } from './text';

const REDUNDANT = 0.95;
/** Of two categories: one tells the other. */
const SAME_LEVELS = 0.98;
/** Every pair is compared: more columns than this are not. */
const MOST_COLUMNS = 400;
const MOST_PAIRS = 20;
const LEAST_ROWS = 20;
const BINS = 16;

interface Sampled {
  readonly name: string;
  readonly numbers: Float64Array | null;
  readonly levels: Binned | null;
}

/** Columns in some of the rows, kept to be compared with each other. */
export class PairSample {
  readonly #places: Uint32Array;
  readonly #columns: Sampled[] = [];
  #left = 0;

  /** @param places of the rows that are kept, among those that are looked at */
  constructor(places: Uint32Array) {
    this.#places = places;
  }

  add(column: AuditColumn): void {
    const distinct = column.kind === 'numbers' ? column.distinct : column.counts.length;
    if (distinct < 2) return;
    if (this.#columns.length >= MOST_COLUMNS) {
      this.#left += 1;
      return;
    }
    const { name } = column.profile;
    if (column.kind === 'numbers') {
      const numbers = Float64Array.from(this.#places, (place) => column.values[place] ?? NaN);
      this.#columns.push({ name, numbers, levels: null });
    } else {
      // A category that has nearly as many levels as rows goes with everything.
      if (distinct > this.#places.length / 10) return;
      const { bins, count: kinds } = binned(column, BINS);
      this.#columns.push({
        name,
        numbers: null,
        levels: { bins: Int32Array.from(this.#places, (place) => bins[place] ?? -1), count: kinds },
      });
    }
  }

  /** Numeric columns that were kept. */
  get numbers(): readonly Float64Array[] {
    return this.#columns.flatMap(({ numbers }) => (numbers === null ? [] : [numbers]));
  }

  findRedundant(): readonly AuditFinding[] {
    if (this.#places.length < LEAST_ROWS) return [];
    const pairs: { a: string; b: string; measure: string; value: number }[] = [];
    this.#columns.forEach((a, i) => {
      for (const b of this.#columns.slice(i + 1)) {
        const numbers = a.numbers !== null && b.numbers !== null ? pearson(a.numbers, b.numbers) : null;
        const levels = a.levels !== null && b.levels !== null ? crossedV(a.levels, b.levels) : null;
        if (numbers !== null && Math.abs(numbers) > REDUNDANT)
          pairs.push({ a: a.name, b: b.name, measure: 'correlation', value: numbers });
        if (levels !== null && levels > SAME_LEVELS)
          pairs.push({ a: a.name, b: b.name, measure: 'cramersV', value: levels });
      }
    });
    if (pairs.length === 0) return [];
    pairs.sort((x, y) => Math.abs(y.value) - Math.abs(x.value));
    const [first] = pairs;
    const words = first?.measure === 'correlation' ? 'correlation' : 'Cramér’s V';
    return [
      {
        code: 'redundant_columns',
        severity: 'info',
        message: `${count(pairs.length, 'pair')} of columns say nearly the same, such as ${quoted(first?.a ?? '')} and ${quoted(first?.b ?? '')} (${words} ${(first?.value ?? 0).toFixed(3)})`,
        evidence: {
          pairs: pairs.slice(0, MOST_PAIRS),
          found: pairs.length,
          rows: this.#places.length,
          columnsNotCompared: this.#left,
          thresholds: { correlation: REDUNDANT, cramersV: SAME_LEVELS },
        },
        advice:
          'One of each pair can go, with features.exclude, or preparation.dropRedundant with a correlation such as 0.95. If one is the target under another name, it gives the answer away.',
      },
    ];
  }
}
