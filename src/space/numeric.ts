import type { RandomStream } from '../core/random';

/** The distribution of a numeric hole. Values lie in [low, high], on `origin + k · step` where there is a step. */
export interface Numeric {
  readonly kind: 'float' | 'int' | 'normal' | 'lognormal';
  /** Smallest and largest value; infinite for the normal family. */
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly step: number | null;
  readonly origin: number;
  /** Of the normal family: mean and standard deviation of the value, or of its natural logarithm. */
  readonly mean: number;
  readonly deviation: number;
  /** Range drawn from before rounding to the lattice (Hyperopt's q-distributions reach half a step further). */
  readonly drawLow: number;
  readonly drawHigh: number;
}

/** Significant digits kept on a lattice, so that ten steps of 0.1 make 1 and not 0.9999999999999999. */
const DIGITS = 15;
/** A value this close to the lattice, in steps, is on it: JSON carries decimals, the lattice binary fractions. */
const LATTICE_TOLERANCE = 1e-6;

export function draw(numeric: Numeric, stream: RandomStream): number {
  const { kind, log, drawLow, drawHigh, mean, deviation } = numeric;
  if (kind === 'normal' || kind === 'lognormal') {
    const value = mean + deviation * stream.normal();
    return ontoLattice(numeric, kind === 'normal' ? value : Math.exp(value));
  }
  const uniform = stream.uniform();
  if (!log) return ontoLattice(numeric, drawLow + uniform * (drawHigh - drawLow));
  const value = Math.exp(Math.log(drawLow) + uniform * (Math.log(drawHigh) - Math.log(drawLow)));
  return ontoLattice(numeric, value);
}

/** The nearest value that the hole can take. */
export function ontoLattice(numeric: Numeric, value: number): number {
  const { step, origin, low, high } = numeric;
  if (step === null) return clamp(value, low, high);
  const steps = Math.round((value - origin) / step);
  return clamp(at(numeric, steps), low, high);
}

/** Null when `value` can be taken, else the rule that it breaks. */
export function explain(numeric: Numeric, value: unknown): string | null {
  const { kind, low, high, step, origin } = numeric;
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a finite number';
  if (value < low || value > high) return `must lie in [${String(low)}, ${String(high)}]`;
  if (step === null) return null;
  const steps = (value - origin) / step;
  if (Math.abs(steps - Math.round(steps)) <= LATTICE_TOLERANCE) return null;
  return kind === 'int' && step === 1
    ? 'must be an integer'
    : `must be ${String(origin)} plus a multiple of ${String(step)}`;
}

/** Number of values, or null when there is no end of them. */
export function countValues(numeric: Numeric): number | null {
  const { low, high, step } = numeric;
  if (low === high) return 1;
  if (step === null || !Number.isFinite(low) || !Number.isFinite(high)) return null;
  return Math.floor((high - low) / step + LATTICE_TOLERANCE) + 1;
}

/** The i-th value from below. */
export function valueAt(numeric: Numeric, index: number): number {
  if (numeric.step === null) return numeric.low;
  return at(numeric, Math.round((numeric.low - numeric.origin) / numeric.step) + index);
}

function at({ origin, step }: Numeric, steps: number): number {
  // -0 is a number of its own to Object.is, and to nobody else.
  return Number((origin + steps * (step ?? 0)).toPrecision(DIGITS)) + 0;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
