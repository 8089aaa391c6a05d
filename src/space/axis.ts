import { normalCdf, normalQuantile } from '../core/normal';
import type { JsonPrimitive } from '../core/json';
import { countValues, ontoLattice, type Numeric } from './numeric';
import type { HoleNode } from './walk';

/**
 * A hole as a coordinate. Numbers lie in the unit interval at the quantile of the hole's own distribution, so that a
 * uniform draw there is a draw of the hole, on whatever scale; a number of a lattice has a cell of that interval.
 */
export type Axis =
  | { readonly kind: 'category'; readonly name: string; readonly options: readonly JsonPrimitive[] }
  | {
      readonly kind: 'number';
      readonly name: string;
      /** How many values there are; null where there is no end of them. */
      readonly count: number | null;
      /** The part of [0, 1] that stands for `value`; both ends are equal on a continuous axis. */
      cell(value: number): readonly [number, number];
      /** The value at a place of [0, 1]; the inverse of {@link cell}. */
      valueAt(unit: number): number;
    };

/** A choice among numbers in order is an ordered axis, not one of categories. */
export function axisOf(node: HoleNode): Axis {
  const { name } = node;
  if (node.kind === 'numeric') return numericAxis(name, node.numeric);
  if (node.kind === 'repeat') return listAxis(name, range(node.low, node.high));
  const options = node.options.map(({ value }) => value);
  return isOrdered(options) ? listAxis(name, options) : { kind: 'category', name, options };
}

function numericAxis(name: string, numeric: Numeric): Axis {
  const { low, high, step } = numeric;
  const half = (step ?? 0) / 2;
  return {
    kind: 'number',
    name,
    count: countValues(numeric),
    cell: (value) =>
      low === high
        ? [0, 1]
        : [
            step !== null && value <= low ? 0 : unitOf(numeric, value - half),
            step !== null && value >= high ? 1 : unitOf(numeric, value + half),
          ],
    valueAt: (unit) => {
      const value = ontoLattice(numeric, quantileOf(numeric, unit));
      return Number.isFinite(value) ? value : low;
    },
  };
}

function listAxis(name: string, values: readonly number[]): Axis {
  const count = values.length;
  return {
    kind: 'number',
    name,
    count,
    cell: (value) => {
      const index = values.indexOf(value);
      return [index / count, (index + 1) / count];
    },
    valueAt: (unit) => values[Math.min(count - 1, Math.max(0, Math.floor(unit * count)))] ?? NaN,
  };
}

/** The hole's distribution function, before rounding to the lattice. */
function unitOf({ kind, log, drawLow, drawHigh, mean, deviation }: Numeric, value: number): number {
  if (kind === 'normal') return normalCdf((value - mean) / deviation);
  if (kind === 'lognormal') return value <= 0 ? 0 : normalCdf((Math.log(value) - mean) / deviation);
  const unit = log
    ? (Math.log(Math.max(value, drawLow)) - Math.log(drawLow)) / (Math.log(drawHigh) - Math.log(drawLow))
    : (value - drawLow) / (drawHigh - drawLow);
  return Math.min(1, Math.max(0, unit));
}

/** Beyond this quantile the tails of the normal family are cut: at 8.2 standard deviations. */
const TAIL = 1e-16;

function quantileOf({ kind, log, drawLow, drawHigh, mean, deviation }: Numeric, unit: number): number {
  if (kind === 'normal' || kind === 'lognormal') {
    const z = normalQuantile(Math.min(1 - TAIL, Math.max(TAIL, unit)));
    const value = mean + deviation * z;
    return kind === 'normal' ? value : Math.exp(value);
  }
  if (!log) return drawLow + unit * (drawHigh - drawLow);
  return Math.exp(Math.log(drawLow) + unit * (Math.log(drawHigh) - Math.log(drawLow)));
}

function isOrdered(options: readonly JsonPrimitive[]): options is readonly number[] {
  if (options.length < 2 || !options.every((option) => typeof option === 'number')) return false;
  const sign = Math.sign((options[1] ?? 0) - (options[0] ?? 0));
  return options.every((option, i) => i === 0 || sign * (option - (options[i - 1] ?? 0)) > 0);
}

function range(low: number, high: number): readonly number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
