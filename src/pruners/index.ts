import type { InvalidError } from '../core/errors';
import type { JsonObject, JsonValue } from '../core/json';
import type { Pruner } from '../core/search';
import { AshaPruner } from './asha';
import { HyperbandPruner } from './hyperband';
import { NonePruner } from './none';
import { readOptions, readStrategy, refuse, type NumberOption } from './options';
import { PatientPruner } from './patient';
import { PercentilePruner } from './percentile';
import { ThresholdPruner } from './threshold';

/** What a pruner is made for. */
export interface PrunerContext {
  /** The largest step that a trial can reach: the upper bound of epochs, or the number of folds; null: nobody knows. */
  readonly maxSteps: number | null;
}

type Make = (options: JsonObject, context: PrunerContext, path: string) => Pruner;

const REDUCTION: NumberOption = { default: 3, min: 2, integer: true };
const COUNT: NumberOption = { default: 1, min: 1, integer: true };
const LIMIT: NumberOption = { default: null };

const STEPS = { minEpochs: COUNT, interval: COUNT };
const PEERS = { startupTrials: { ...COUNT, default: 5 }, ...STEPS };
const SHARE: NumberOption = { default: 25, above: 0, below: 100 };

/** `patient` alone has an option that is no number: `of`, the pruner that it wraps. */
const MAKERS: Readonly<Record<string, Make>> = {
  none: (given, _, path) => {
    readOptions('none', given, {}, path);
    return new NonePruner();
  },
  median: (given, _, path) => {
    const { startupTrials, minEpochs, interval } = numbers(readOptions('median', given, PEERS, path));
    return new PercentilePruner({ percentile: 50, startupTrials, minEpochs, interval }, 'median');
  },
  percentile: (given, _, path) => {
    const rules = { percentile: SHARE, ...PEERS };
    return new PercentilePruner(numbers(readOptions('percentile', given, rules, path)));
  },
  threshold: (given, _, path) => {
    const { lower, upper, ...steps } = readOptions(
      'threshold',
      given,
      { lower: LIMIT, upper: LIMIT, ...STEPS },
      path,
    );
    if (lower == null && upper == null) {
      throw refuse([{ path: `${path}.threshold`, message: 'give lower, upper or both' }]);
    }
    if (lower != null && upper != null && lower > upper) {
      const message = `${String(lower)} must not exceed upper, ${String(upper)}: every trial would be stopped`;
      throw refuse([{ path: `${path}.threshold.lower`, message }]);
    }
    return new ThresholdPruner({ lower: lower ?? null, upper: upper ?? null, ...numbers(steps) });
  },
  patient: ({ of = 'median', ...given }, context, path) => {
    const rules = { patience: { ...COUNT, default: 3 }, minDelta: { default: 0, min: 0 } };
    const options = numbers(readOptions('patient', given, rules, path));
    return new PatientPruner(options, of === null ? null : make(of, context, `${path}.patient.of`));
  },
  asha: (given, { maxSteps }, path) => {
    const options = numbers(readOptions('asha', given, { reduction: REDUCTION, minEpochs: COUNT }, path));
    return new AshaPruner(options, maxSteps ?? undefined);
  },
  hyperband: (given, { maxSteps }, path) => {
    const options = numbers(
      readOptions('hyperband', given, { reduction: REDUCTION, minEpochs: COUNT }, path),
    );
    if (maxSteps === null) {
      const message = 'is needed by hyperband: the largest step that a trial can report';
      throw refuse([{ path: 'search.maxSteps', message }]);
    }
    if (options.minEpochs > maxSteps) {
      const message = `${String(options.minEpochs)} must be at most ${String(maxSteps)}, the largest step of a trial`;
      throw refuse([{ path: `${path}.hyperband.minEpochs`, message }]);
    }
    return new HyperbandPruner(options, maxSteps);
  },
};

export const prunerNames: readonly string[] = Object.keys(MAKERS);

/** Fewer steps leave a rung little to save. */
const LEAST_STEPS = 9;
/** Fewer trials leave the best third of a rung to chance. */
const LEAST_TRIALS = 20;

/** The pruner that suits steps and budget: `asha` where rungs can pay, else `median`. */
export function resolvePruner(
  requested: string | JsonObject,
  { maxSteps, trials }: { readonly maxSteps: number | null; readonly trials: number },
): string | JsonObject {
  if (requested !== 'auto') return requested;
  return maxSteps === null || (maxSteps >= LEAST_STEPS && trials >= LEAST_TRIALS) ? 'asha' : 'median';
}

/**
 * @param requested a name or `{name: options}`
 * @throws InvalidError `invalid_specification` for an unknown name or option
 */
export function createPruner(requested: string | JsonObject, context: PrunerContext): Pruner {
  return make(requested, context, 'search.pruner');
}

function make(requested: JsonValue, context: PrunerContext, path: string): Pruner {
  const { name, options } = readStrategy(requested, path);
  const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  if (maker === undefined) throw unknownPruner(name, path);
  return maker(options, context, path);
}

function unknownPruner(name: string, path: string): InvalidError {
  const message =
    name === 'auto'
      ? 'auto takes no options, and wraps nothing; give "pruner": "auto"'
      : `${JSON.stringify(name)} is no pruner; there are auto, ${prunerNames.join(', ')}`;
  return refuse([{ path, message }]);
}

/** Options whose defaults are all numbers. */
function numbers<Name extends string>(options: Readonly<Record<Name, number | null>>): Record<Name, number> {
  return options as Record<Name, number>;
}
