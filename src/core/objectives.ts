import { frontsOf } from './dominance';
import { InternalError } from './errors';
import { isBetter, type Constraint, type Metrics, type Objective } from './metrics';

/** What objectives and constraints may look at of a trial. */
export interface Measured {
  readonly validation: Metrics | null;
  readonly parameters: number | null;
  readonly durationMs: number | null;
}

/** Metrics of a trial that are no metrics of its predictions. */
export const TRIAL_METRICS = ['model.parameters', 'trial.durationMs'] as const;

/**
 * The objective that decides best epoch, early stopping and the pruner's view: the first that is measured on validation.
 * Where none is (ask and tell names values as it likes), it is the first.
 */
export function leadingObjective(objectives: readonly Objective[]): Objective {
  const leading = objectives.find(({ metric }) => metric.startsWith('validation.')) ?? objectives[0];
  if (leading === undefined) throw new InternalError('no_objective', 'a study has at least one objective');
  return leading;
}

/** The value of `validation.<metric>`, `model.parameters` or `trial.durationMs`; null where it is undefined. */
export function metricValue(metric: string, { validation, parameters, durationMs }: Measured): number | null {
  if (metric === 'model.parameters') return parameters;
  if (metric === 'trial.durationMs') return durationMs;
  return validation?.[metric.slice('validation.'.length)] ?? null;
}

/** A value per objective; null where one of them is undefined. */
export function valuesOf(objectives: readonly Objective[], measured: Measured): readonly number[] | null {
  const values = objectives.map(({ metric }) => metricValue(metric, measured));
  return values.every((value) => value !== null) ? values : null;
}

/**
 * By how much a trial breaks the constraints: each excess as a share of its bound (of 1 where the bound is 0), summed.
 * 0: feasible. A metric that is undefined counts as 1. Null: there are no constraints.
 */
export function violationOf(constraints: readonly Constraint[], measured: Measured): number | null {
  if (constraints.length === 0) return null;
  return constraints.reduce((sum, { metric, min, max }) => {
    const value = metricValue(metric, measured);
    if (value === null) return sum + 1;
    const over = max === null ? 0 : excess(value - max, max);
    const under = min === null ? 0 : excess(min - value, min);
    return sum + over + under;
  }, 0);
}

function excess(by: number, bound: number): number {
  return by <= 0 ? 0 : by / (Math.abs(bound) || 1);
}

/** A completed trial as it is compared with others. */
export interface Candidate {
  readonly values: readonly number[];
  /** Null: there are no constraints. */
  readonly violation: number | null;
}

/** Feasible ones first, then by the leading objective; among infeasible ones the smaller violation (Deb 2000). */
export function isBetterTrial(a: Candidate, b: Candidate | null, objectives: readonly Objective[]): boolean {
  if (b === null) return true;
  const difference = (a.violation ?? 0) - (b.violation ?? 0);
  if (difference !== 0) return difference < 0;
  const leading = leadingObjective(objectives);
  const place = objectives.indexOf(leading);
  return isBetter(a.values[place] ?? null, b.values[place] ?? null, leading.direction);
}

/** Those that no other dominates: of the feasible ones where there are any, else of those that break the least. */
export function paretoFront<T extends Candidate>(
  trials: readonly T[],
  objectives: readonly Objective[],
): readonly T[] {
  const least = Math.min(...trials.map(({ violation }) => violation ?? 0));
  const candidates = trials.filter(({ violation }) => (violation ?? 0) === least);
  const directions = objectives.map(({ direction }) => direction);
  const fronts = frontsOf(
    candidates.map(({ values }) => values),
    directions,
  );
  return candidates.filter((_, i) => fronts[i] === 0);
}
