import type { InputStatistics } from '../../core/checks';
import { inputLayout, readRows, type PreparedTable } from '../../datasets';

const SHOWN = 8;
const SHOWN_ROWS = 5;

/** The numbers right before the network, over the training rows; indices of embedded categories are no quantities. */
export function inputStatistics(data: PreparedTable): InputStatistics {
  const { width, fitted } = data;
  const { train } = data.parts;
  const numbers = width - inputLayout(data).embedded.length;
  const x = readRows(train.x, width, 0, train.rows);
  const columns = Array.from({ length: numbers }, (_, column) => columnOf(x, width, column, train.rows));
  const name = (column: number): string => fitted.inputs[0].features[column] ?? `input ${String(column)}`;
  const count = Math.max(1, columns.length * train.rows);
  const mean = columns.reduce((sum, each) => sum + each.sum, 0) / count;
  const squares = columns.reduce((sum, each) => sum + each.squares, 0) / count;
  const varying = columns.filter(({ minimum, maximum }) => minimum < maximum);
  const deviations = varying.map((each) => deviationOf(each, train.rows));
  return {
    columns: numbers,
    minimum: numbers === 0 ? 0 : least(columns.map(({ minimum }) => minimum)),
    maximum: numbers === 0 ? 0 : -least(columns.map(({ maximum }) => -maximum)),
    mean,
    deviation: Math.sqrt(Math.max(0, squares - mean * mean)),
    notFinite: columns.reduce((sum, each) => sum + each.notFinite, 0),
    constant: numbers - varying.length,
    largest: columns
      .map((each, i) => ({ name: name(i), rms: Math.sqrt(each.squares / train.rows) }))
      .sort((a, b) => b.rms - a.rms)
      .slice(0, SHOWN),
    smallestDeviation: deviations.length === 0 ? null : least(deviations),
    sample: {
      features: columns.slice(0, SHOWN).map((_, i) => name(i)),
      rows: Array.from({ length: Math.min(SHOWN_ROWS, train.rows) }, (_, row) =>
        Array.from(x.subarray(row * width, row * width + Math.min(SHOWN, numbers))),
      ),
    },
  };
}

interface Column {
  readonly sum: number;
  readonly squares: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly notFinite: number;
}

function columnOf(x: Float32Array, width: number, column: number, rows: number): Column {
  let [sum, squares, minimum, maximum, notFinite] = [0, 0, Infinity, -Infinity, 0];
  for (let row = 0; row < rows; row++) {
    const value = x[row * width + column] ?? NaN;
    if (!Number.isFinite(value)) {
      notFinite += 1;
      continue;
    }
    sum += value;
    squares += value * value;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return { sum, squares, minimum, maximum, notFinite };
}

function deviationOf({ sum, squares }: Column, rows: number): number {
  const mean = sum / rows;
  return Math.sqrt(Math.max(0, squares / rows - mean * mean));
}

/** Of lists too long for the arguments of a call. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
