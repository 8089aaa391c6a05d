// Applies preprocessing.json: raw rows to the network's input, its output to labels or values.
// This file is the one place where a fitted step is applied: the service runs it, and serves it to browsers as an ES
// module. It must not import anything but types.
import type {
  ColumnStep,
  DatePartName,
  DateStep,
  EmbeddedStep,
  FittedInput,
  FittedPreparation,
  FittedTarget,
  MappedStep,
  NumericStep,
  OneHotStep,
  Scale,
  Tail,
  ValueTarget,
} from './fitted';

/** Prepared values lie within this: what lies further out tells no more, and float32 arithmetic stays finite. */
const MOST = 1e6;
const CHUNK_ROWS = 1024;
const DAY = 86_400_000;
export const MISSING_WORDS = ['', 'na', 'n/a', '#n/a', 'null', 'nan', '?'];
const TRUE_WORDS = ['true', 'yes', 't', 'y', '1'];
const FALSE_WORDS = ['false', 'no', 'f', 'n', '0'];
const DATE =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** A raw cell as a step reads it: a number (NaN: missing) or a level (null: missing). */
export type Numbers = (row: number) => number;
export type Levels = (row: number) => string | null;
export type Reader = Numbers | Levels;

export interface CellProblem {
  /** `rows[3].age` */
  readonly path: string;
  readonly message: string;
}

/** Rows that do not fit the preparation; `errors` names every cell. */
export class PreparationError extends Error {
  readonly errors: readonly CellProblem[];

  constructor(errors: readonly CellProblem[]) {
    super(errors.map(({ path, message }) => `${path}: ${message}`)[0] ?? 'the rows do not fit');
    this.name = 'PreparationError';
    this.errors = errors;
  }
}

export interface Prediction {
  readonly value: string | number | boolean | null;
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** One input of the network: `tf.tensor(data, shape, dtype)`. */
export interface PreparedInput {
  readonly name: string;
  /** Row-major; Int32Array where `dtype` is `int32`. */
  readonly data: Float32Array | Int32Array;
  readonly shape: [number, number];
  readonly dtype: 'float32' | 'int32';
}

/** The network's inputs in its order, and beside them the first, which is the only one of most networks. */
export interface Prepared extends PreparedInput {
  readonly inputs: readonly [PreparedInput, ...PreparedInput[]];
}

/** `preprocessing.json` of models of before: one input, whose steps stood beside the target. */
export type OlderPreparation = Omit<FittedPreparation, 'version' | 'inputs'> &
  Omit<FittedInput, 'name' | 'dtype'> & { readonly version: 2 };

/** What a model's file says, as version 3 says it. @throws TypeError for versions but 2 and 3 */
export function upgraded(preprocessing: FittedPreparation | OlderPreparation): FittedPreparation {
  if (preprocessing.version === 3) return preprocessing;
  const version: number = preprocessing.version;
  if (version !== 2)
    throw new TypeError(`preprocessing.json has version ${String(version)}, this reads 2 and 3`);
  const { format, task, target, unused, ...steps } = preprocessing;
  const { columns, derived, kept, pca, features, image } = steps;
  const input = { name: 'input', dtype: 'float32' as const, columns, derived, kept, pca, features };
  const inputs = [image === undefined ? input : { ...input, image }] as const;
  return { format, version: 3, task, inputs, target, unused };
}

/**
 * Prepares raw rows: objects of column names and cells. A column that is left out, null or a word such as "NA" is
 * missing.
 * @throws PreparationError for unknown columns, and cells that are not of their column's type; TypeError for versions but
 * 2 and 3 of the file
 */
export function prepare(
  preprocessing: FittedPreparation | OlderPreparation,
  rows: readonly Readonly<Record<string, unknown>>[],
): Prepared {
  const { inputs: all, unused } = upgraded(preprocessing);
  const problems = new Map<string, string>();
  const known = new Set(all.flatMap(({ columns }) => columns.map(({ name }) => name)).concat(unused));
  rows.forEach((row, i) => {
    for (const name of Object.keys(row)) {
      if (!known.has(name)) problems.set(`rows[${String(i)}].${name}`, 'the model has no such column');
    }
  });
  const inputs = all.map((input): PreparedInput => {
    const readers = input.columns.map((step) => {
      const cells = rows.map((row, i) => {
        const { value, problem } = cellOf(step, Object.hasOwn(row, step.name) ? row[step.name] : null);
        if (problem !== '') problems.set(`rows[${String(i)}].${step.name}`, problem);
        return value;
      });
      return ((row) => cells[row]) as Reader;
    });
    const { name, dtype, features } = input;
    const data = new Float32Array(rows.length * features.length);
    if (problems.size === 0) applySteps(input, rows.length, readers, data);
    return {
      name,
      data: dtype === 'int32' ? Int32Array.from(data) : data,
      shape: [rows.length, features.length],
      dtype,
    };
  }) as [PreparedInput, ...PreparedInput[]];
  if (problems.size > 0)
    throw new PreparationError([...problems].map(([path, message]) => ({ path, message })));
  return { ...inputs[0], inputs };
}

/**
 * What the network's output means: per row a value in the target's own units, or the likeliest label in its own type
 * with the probability of each. A binary network has one output, the probability of the second label.
 * @param output [rows, units], row-major
 */
export function interpret(
  { target }: Pick<FittedPreparation, 'target'>,
  output: ArrayLike<number>,
): Prediction[] {
  const units = target.kind === 'classes' && target.labels.length > 2 ? target.labels.length : 1;
  return Array.from({ length: output.length / units }, (_, row) => {
    const own = Array.from({ length: units }, (_unit, i) => output[row * units + i] ?? NaN);
    return predictionOf(target, own);
  });
}

/** Writes the input columns of `count` rows. @param readers of each step @param out [count, width] @param fixed numbers
 * that stand for what a step would give, [count, columns of the step] */
export function applySteps(
  input: Pick<FittedInput, 'columns' | 'derived' | 'kept' | 'pca'>,
  count: number,
  readers: readonly Reader[],
  out: Float32Array | Float64Array,
  fixed: ReadonlyMap<number, Float64Array> = new Map(),
): void {
  const { columns, derived, kept, pca } = input;
  const widths = columns.map(widthOf);
  const made = widths.reduce((sum, width) => sum + width, 0);
  const all = made + derived.length;
  const places = kept ?? Array.from({ length: all }, (_, i) => i);
  const width = pca === null ? places.length : pca.components.length;
  const chunk = new Float64Array(Math.min(count, CHUNK_ROWS) * all);
  const used = new Float64Array(places.length);
  for (let start = 0; start < count; start += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, count - start);
    chunk.fill(0);
    let offset = 0;
    columns.forEach((step, s) => {
      const own = widths[s] ?? 0;
      const given = fixed.get(s);
      if (given === undefined) applyStep(step, readers[s] as Reader, start, rows, chunk, offset, all);
      else
        for (let i = 0; i < rows; i++)
          for (let k = 0; k < own; k++) chunk[i * all + offset + k] = given[(start + i) * own + k] ?? 0;
      offset += own;
    });
    for (let i = 0; i < rows; i++) {
      const at = i * all;
      derived.forEach(({ factors, center, spread }, k) => {
        const product = factors.reduce((value, factor) => value * (chunk[at + factor] ?? 0), 1);
        chunk[at + made + k] = clip((product - center) / spread);
      });
      places.forEach((place, k) => {
        used[k] = chunk[at + place] ?? 0;
      });
      const into = (start + i) * width;
      if (pca === null) out.set(used, into);
      else
        pca.components.forEach((component, c) => {
          out[into + c] = clip(
            component.reduce((sum, weight, k) => sum + weight * ((used[k] ?? 0) - (pca.mean[k] ?? 0)), 0),
          );
        });
    }
  }
}

/** How many input columns a raw column makes. */
export function widthOf(step: ColumnStep): number {
  if (step.kind === 'numeric') return 1 + Number(step.indicator);
  if (step.kind === 'date') return step.parts.length + Number(step.indicator);
  if (step.kind === 'mapped') return step.features.length;
  if (step.kind === 'embedded') return 1;
  return step.levels.length + Number(step.other) + Number(step.missing);
}

type Write = (row: number, column: number, value: number) => void;

function applyStep(
  step: ColumnStep,
  read: Reader,
  start: number,
  rows: number,
  chunk: Float64Array,
  offset: number,
  width: number,
): void {
  const write: Write = (row, column, value) => {
    chunk[row * width + offset + column] = value;
  };
  const numbers: Numbers = (row) => (read as Numbers)(start + row);
  const levels: Levels = (row) => (read as Levels)(start + row);
  if (step.kind === 'numeric') applyNumeric(step, numbers, rows, write);
  else if (step.kind === 'date') applyDate(step, numbers, rows, write);
  else if (step.kind === 'one-hot') applyOneHot(step, levels, rows, write);
  else if (step.kind === 'mapped') applyMapped(step, levels, rows, write);
  else applyEmbedded(step, levels, rows, write);
}

function applyNumeric(
  { fill, tail, scale, indicator }: NumericStep,
  read: Numbers,
  rows: number,
  write: Write,
): void {
  for (let i = 0; i < rows; i++) {
    const value = read(i);
    const isMissing = Number.isNaN(value);
    write(i, 0, scaled(shortened(isMissing ? fill : value, tail), scale));
    if (indicator) write(i, 1, isMissing ? 1 : 0);
  }
}

function applyDate({ fill, parts, indicator }: DateStep, read: Numbers, rows: number, write: Write): void {
  for (let i = 0; i < rows; i++) {
    const value = read(i);
    const isMissing = Number.isNaN(value);
    parts.forEach(({ of, wave, scale }, k) => {
      const part = datePart(isMissing ? fill : value, of);
      const turned =
        wave === null ? part : wave === 'sin' ? Math.sin(2 * Math.PI * part) : Math.cos(2 * Math.PI * part);
      write(i, k, scaled(turned, scale));
    });
    if (indicator) write(i, parts.length, isMissing ? 1 : 0);
  }
}

function applyOneHot(
  { levels, other, missing, fill }: OneHotStep,
  read: Levels,
  rows: number,
  write: Write,
): void {
  const places = new Map(levels.map((level, i) => [level, i]));
  for (let i = 0; i < rows; i++) {
    const level = read(i) ?? fill;
    if (level === null) {
      if (missing) write(i, levels.length + Number(other), 1);
      continue;
    }
    const place = places.get(level) ?? (other ? levels.length : -1);
    if (place >= 0) write(i, place, 1);
  }
}

function applyEmbedded(
  { levels, missing, fill }: EmbeddedStep,
  read: Levels,
  rows: number,
  write: Write,
): void {
  const places = new Map(levels.map((level, i) => [level, i + 1]));
  for (let i = 0; i < rows; i++) {
    const level = read(i) ?? fill;
    const known = level === null ? missing && levels.length + 1 : places.get(level);
    write(i, 0, Number(known ?? 0));
  }
}

function applyMapped(
  { levels, values, other, missing }: MappedStep,
  read: Levels,
  rows: number,
  write: Write,
): void {
  const known = new Map(levels.map((level, i) => [level, values[i] ?? other]));
  for (let i = 0; i < rows; i++) {
    const level = read(i);
    const numbers = level === null ? missing : (known.get(level) ?? other);
    numbers.forEach((value, k) => {
      write(i, k, value);
    });
  }
}

function clip(value: number): number {
  return Math.min(MOST, Math.max(-MOST, value));
}

/** @returns within ±1 000 000 */
export function scaled(value: number, scale: Scale): number {
  if (scale.kind === 'linear') return clip((value - scale.center) / scale.spread);
  const { from, to } = scale;
  let [low, high] = [0, from.length - 1];
  if (value <= (from[low] ?? 0)) return to[low] ?? 0;
  if (value >= (from[high] ?? 0)) return to[high] ?? 0;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((from[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const [a, b, p, q] = [from[low] ?? 0, from[high] ?? 0, to[low] ?? 0, to[high] ?? 0];
  return p + ((value - a) / (b - a)) * (q - p);
}

export function shortened(value: number, tail: Tail | null): number {
  if (tail === null) return value;
  const size = Math.abs(value / tail.unit);
  const isNegative = value < 0;
  const power = tail.kind === 'log' ? 0 : isNegative ? 2 - tail.lambda : tail.lambda;
  const short = power === 0 ? Math.log1p(size) : Math.expm1(power * Math.log1p(size)) / power;
  return isNegative ? -short : short;
}

/** The inverse of {@link shortened}; ±Infinity beyond what it can give. */
export function lengthened(short: number, tail: Tail | null): number {
  if (tail === null) return short;
  const isNegative = short < 0;
  const power = tail.kind === 'log' ? 0 : isNegative ? 2 - tail.lambda : tail.lambda;
  const inner = 1 + power * Math.abs(short);
  const size =
    power === 0 ? Math.expm1(Math.abs(short)) : inner <= 0 ? Infinity : Math.expm1(Math.log(inner) / power);
  return (isNegative ? -size : size) * tail.unit;
}

/** A prepared target in its own units. */
export function valueOf({ tail, mean, deviation, bounds }: ValueTarget, output: number): number {
  const value = lengthened(output * deviation + mean, tail);
  return tail === null ? value : Math.min(bounds[1], Math.max(bounds[0], value));
}

/** Of a time in milliseconds since 1970, in UTC. */
export function datePart(time: number, of: DatePartName): number {
  if (of === 'time') return time;
  const day = time / DAY;
  const fraction = day - Math.floor(day);
  // 1970 began on a Thursday.
  const weekday = (((Math.floor(day) + 3) % 7) + 7) % 7;
  if (of === 'weekday') return weekday;
  if (of === 'weekCycle') return (weekday + fraction) / 7;
  if (of === 'dayCycle') return fraction;
  if (of === 'hour') return fraction * 24;
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (of === 'year') return year;
  if (of === 'month') return month + 1;
  if (of === 'day') return date.getUTCDate();
  const [from, to] =
    of === 'yearCycle'
      ? [startOf(year, 0), startOf(year + 1, 0)]
      : [startOf(year, month), startOf(year, month + 1)];
  return (time - from) / (to - from);
}

/** Date.UTC reads the years 0 to 99 as 1900 to 1999. */
function startOf(year: number, month: number, day = 1): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

function predictionOf(target: FittedTarget, output: readonly number[]): Prediction {
  const first = output[0] ?? NaN;
  if (target.kind === 'value') {
    const value = valueOf(target, first);
    return { value: Number.isFinite(value) ? value : null };
  }
  const { labels, type } = target;
  const shares = output.length === 1 ? [1 - first, first] : output;
  const label = labels[shares.indexOf(Math.max(...shares))] ?? '';
  const value = type === 'numeric' ? Number(label) : type === 'boolean' ? label === 'true' : label;
  // Own data properties, so that a label such as __proto__ is a key like any other.
  return { value, probabilities: Object.fromEntries(labels.map((name, i) => [name, shares[i] ?? 0])) };
}

interface Cell {
  readonly value: number | string | null;
  /** Empty: none. */
  readonly problem: string;
}

function cellOf(step: ColumnStep, raw: unknown): Cell {
  const isNumber = step.kind === 'numeric' || step.kind === 'date';
  const missing = isNumber ? NaN : null;
  const wrong = (must: string): Cell => ({
    value: missing,
    problem: `${JSON.stringify(raw)} must be ${must}, or null where it is missing`,
  });
  if (raw === null || raw === undefined) return { value: missing, problem: '' };
  if (typeof raw === 'object') return wrong('a text, a number, true or false');
  const text = (typeof raw === 'string' ? raw : JSON.stringify(raw)).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const lower = text.toLowerCase();
  if (typeof raw === 'string' && MISSING_WORDS.includes(lower)) return { value: missing, problem: '' };
  if (!isNumber) return { value: text, problem: '' };
  if (step.kind === 'date') {
    const time = typeof raw === 'string' ? timeOf(text) : NaN;
    return Number.isNaN(time)
      ? wrong('a date such as "2026-01-31" or "2026-01-31T12:00:00Z"')
      : { value: time, problem: '' };
  }
  if (step.type === 'boolean') {
    if (TRUE_WORDS.includes(lower)) return { value: 1, problem: '' };
    return FALSE_WORDS.includes(lower) ? { value: 0, problem: '' } : wrong('true or false');
  }
  const number = typeof raw === 'boolean' ? NaN : Number(text);
  return Number.isFinite(number) ? { value: number, problem: '' } : wrong('a number');
}

/** Milliseconds since 1970 of a date as tables write it, UTC where no zone is given; NaN where it is none. */
export function timeOf(text: string): number {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] =
    DATE.exec(text) ?? [];
  if (year === undefined) return NaN;
  const start = startOf(Number(year), Number(month) - 1, Number(day));
  const date = new Date(start);
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return NaN;
  const digits = zone.replace(':', '').slice(1).padEnd(4, '0');
  const offset =
    (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * (zone.startsWith('-') ? -1 : 1);
  const minutes = Number(hour) * 60 + Number(minute) - (zone.toUpperCase() === 'Z' ? 0 : offset);
  return start + minutes * 60_000 + Number(second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
}
