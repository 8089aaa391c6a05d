import { CLASSIC_DOMAIN, type TensorName } from '../../compiler';
import { MISSING_WORDS, widthOf, type ColumnStep } from '../../datasets';
import type { Arithmetic } from './arithmetic';

export type LevelStep = Extract<ColumnStep, { kind: 'one-hot' | 'mapped' | 'embedded' }>;
type EmbeddedStep = Extract<ColumnStep, { kind: 'embedded' }>;
type OneHotStep = Extract<ColumnStep, { kind: 'one-hot' }>;

/** What a category becomes: a row of numbers for each level, one for any other text, one for a missing value. */
interface LevelTable {
  readonly levels: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly other: readonly number[];
  readonly missing: readonly number[];
}

/** [rows, 1] texts, to [rows, columns of the step]. */
export function levelColumns(a: Arithmetic, step: LevelStep, raw: TensorName): TensorName {
  const table = tableOf(step);
  const width = widthOf(step);
  const [other, missing] = [table.levels.length, table.levels.length + 1];
  // Missing words last: what is said twice counts as it is said last, and a missing word is no level.
  const places = new Map(table.levels.map((level, i) => [level, i]));
  for (const word of MISSING_WORDS.flatMap(cases)) places.set(word, missing);
  const { writer } = a;
  const place = writer.op(
    'LabelEncoder',
    [raw],
    { keys_strings: [...places.keys()], values_int64s: [...places.values()], default_int64: other },
    CLASSIC_DOMAIN,
  );
  const numbers = [...table.rows, table.other, table.missing].flat();
  const rows = writer.op('Gather', [writer.doubles(numbers, [missing + 1, width]), place], { axis: 0 });
  // [rows, 1, columns] without the middle.
  return writer.op('Reshape', [rows, writer.integers([-1, width])]);
}

function tableOf(step: LevelStep): LevelTable {
  if (step.kind === 'mapped') return { ...step, rows: step.values };
  return step.kind === 'embedded' ? indexTable(step) : oneHotTable(step, widthOf(step));
}

function indexTable({ levels, missing, fill }: EmbeddedStep): LevelTable {
  // 0 too where the level that stands in is none of the list.
  const stand = fill === null ? 0 : levels.indexOf(fill) + 1;
  return {
    levels,
    rows: levels.map((_, i) => [i + 1]),
    other: [0],
    missing: [missing ? levels.length + 1 : stand],
  };
}

function oneHotTable({ levels, other, missing, fill }: OneHotStep, width: number): LevelTable {
  const unit = (place: number): readonly number[] =>
    Array.from({ length: width }, (_, i) => Number(i === place));
  const otherRow = unit(other ? levels.length : -1);
  const missingRow = unit(missing ? levels.length + Number(other) : -1);
  const stand = fill === null ? -1 : levels.indexOf(fill);
  return {
    levels,
    rows: levels.map((_, i) => unit(i)),
    other: otherRow,
    missing: fill === null ? missingRow : stand >= 0 ? unit(stand) : otherRow,
  };
}

/** Every way to write a word in small and capital letters. */
function cases(word: string): readonly string[] {
  return Array.from(word).reduce<readonly string[]>(
    (all, letter) => {
      const both = new Set([letter.toLowerCase(), letter.toUpperCase()]);
      return all.flatMap((start) => [...both].map((end) => start + end));
    },
    [''],
  );
}
