import type { InputStatistics } from '../../core/checks';
import { readRows, type PreparedTable } from '../../datasets';

const SHOWN = 8;
const SHOWN_ROWS = 5;

/** The tensor right before the network, over the training rows. */
export function inputStatistics({ parts: { train }, width, fitted }: PreparedTable): InputStatistics {
  const x = readRows(train.x, width, 0, train.rows);
  const columns = Array.from({ length: width }, (_, column) => columnOf(x, width, column, train.rows));
  const name = (column: number): string => fitted.inputs[0].features[column] ?? `input ${String(column)}`;
  const count = columns.length * train.rows;
  const mean = columns.reduce((sum, each) => sum + each.sum, 0) / count;
  const squares = columns.reduce((sum, each) => sum + each.squares, 0) / count;
  const varying = columns.filter(({ minimum, maximum }) => minimum < maximum);
  const deviations = varying.map((each) => deviationOf(each, train.rows));
  return {
    columns: width,
    minimum: least(columns.map(({ minimum }) => minimum)),
    maximum: -least(columns.map(({ maximum }) => -maximum)),
    mean,
    deviation: Math.sqrt(Math.max(0, squares - mean * mean)),
    notFinite: columns.reduce((sum, each) => sum + each.notFinite, 0),
    constant: width - varying.length,
    largest: columns
      .map((each, i) => ({ name: name(i), rms: Math.sqrt(each.squares / train.rows) }))
      .sort((a, b) => b.rms - a.rms)
      .slice(0, SHOWN),
    smallestDeviation: deviations.length === 0 ? null : least(deviations),
    sample: {
      features: columns.slice(0, SHOWN).map((_, i) => name(i)),
      rows: Array.from({ length: Math.min(SHOWN_ROWS, train.rows) }, (_, row) =>
        Array.from(x.subarray(row * width, row * width + Math.min(SHOWN, width))),
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
