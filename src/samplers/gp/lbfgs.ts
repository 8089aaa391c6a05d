import { dot } from './linear-algebra';

/** Value and gradient at a point; the gradient is written into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
}

export interface LbfgsOptions {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Evaluations of the objective, at most. */
  readonly evaluations: number;
  /** The run ends when a step gains less than this. */
  readonly tolerance: number;
  /** Length of the first step, in the largest coordinate. */
  readonly firstStep: number;
}

const MEMORY = 8;
const SUFFICIENT = 1e-4;
const MOST_HALVINGS = 12;

/**
 * Minimises a smooth function in a box: limited-memory BFGS (Nocedal and Wright, algorithm 7.4) with projected
 * backtracking; coordinates that press against a bound are held there for the step.
 */
export function minimize(objective: Objective, start: Float64Array, options: LbfgsOptions): Minimum {
  const { low, high, evaluations, tolerance } = options;
  const n = start.length;
  let point = Float64Array.from(start, (x, i) => Math.min(high[i]!, Math.max(low[i]!, x)));
  let gradient = new Float64Array(n);
  let value = objective(point, gradient);
  let used = 1;
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  while (used < evaluations) {
    const free = freeCoordinates(point, gradient, low, high);
    const direction = directionOf(gradient, steps, changes, free, options.firstStep);
    const slope = dot(direction, gradient);
    if (!(slope < 0)) break;
    let scale = 1;
    let next: { point: Float64Array; gradient: Float64Array; value: number } | null = null;
    for (let halving = 0; halving < MOST_HALVINGS && used < evaluations; halving++, scale *= 0.4) {
      const length = scale;
      const trial = Float64Array.from(point, (x, i) => {
        return Math.min(high[i]!, Math.max(low[i]!, x + length * direction[i]!));
      });
      const trialGradient = new Float64Array(n);
      const trialValue = objective(trial, trialGradient);
      used += 1;
      if (trialValue <= value + SUFFICIENT * scale * slope) {
        next = { point: trial, gradient: trialGradient, value: trialValue };
        break;
      }
    }
    if (next === null) {
      if (steps.length === 0) break;
      // The memory misleads: go on from here with the gradient alone.
      steps.length = 0;
      changes.length = 0;
      continue;
    }
    const gained = value - next.value;
    remember(steps, changes, point, gradient, next);
    ({ point, gradient, value } = next as { point: typeof point; gradient: typeof gradient; value: number });
    if (gained < tolerance) break;
  }
  return { point, value };
}

function freeCoordinates(
  point: Float64Array,
  gradient: Float64Array,
  low: Float64Array,
  high: Float64Array,
): Uint8Array {
  return Uint8Array.from(point, (x, i) => {
    const pressed = (x <= low[i]! && gradient[i]! > 0) || (x >= high[i]! && gradient[i]! < 0);
    return pressed ? 0 : 1;
  });
}

function directionOf(
  gradient: Float64Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
  free: Uint8Array,
  firstStep: number,
): Float64Array {
  const direction = gradient.map((g, i) => (free[i] === 1 ? -g : 0));
  if (steps.length === 0) {
    const largest = direction.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
    return largest === 0 ? direction : direction.map((d) => (d / largest) * firstStep);
  }
  const weights = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    weights[k] = dot(steps[k]!, direction) / dot(steps[k]!, changes[k]!);
    for (let i = 0; i < direction.length; i++) direction[i]! -= weights[k]! * changes[k]![i]!;
  }
  const last = steps.length - 1;
  const scale = dot(steps[last]!, changes[last]!) / dot(changes[last]!, changes[last]!);
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  for (let k = 0; k < steps.length; k++) {
    const back = dot(changes[k]!, direction) / dot(steps[k]!, changes[k]!);
    for (let i = 0; i < direction.length; i++) direction[i]! += (weights[k]! - back) * steps[k]![i]!;
  }
  for (let i = 0; i < direction.length; i++) if (free[i] === 0) direction[i] = 0;
  return direction;
}

function remember(
  steps: Float64Array[],
  changes: Float64Array[],
  point: Float64Array,
  gradient: Float64Array,
  next: { readonly point: Float64Array; readonly gradient: Float64Array },
): void {
  const step = next.point.map((x, i) => x - point[i]!);
  const change = next.gradient.map((g, i) => g - gradient[i]!);
  if (dot(step, change) <= 1e-12 * dot(change, change)) return;
  steps.push(step);
  changes.push(change);
  if (steps.length > MEMORY) {
    steps.shift();
    changes.shift();
  }
}
