import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json';
import type { Constraint, Direction, Objective, Task } from '../../core/metrics';
import type { SearchSettings } from '../../core/specification';
import { createPruner, resolvePruner } from '../../pruners';
import { chooseSampler, createSampler } from '../../samplers';
import { possible, type Space } from '../../space';
import type { Findings } from './findings';

const TRIALS = 50;
const EPOCHS = 50;
const EPOCHS_LIMIT = 10_000;

/** The largest step of a trial: its folds, or the most epochs that the space allows. */
export function mostSteps({
  split,
  training,
}: {
  readonly split: { readonly method: string; readonly folds?: JsonValue };
  readonly training: JsonObject;
}): number {
  if (split.method === 'kfold' && typeof split.folds === 'number') return split.folds;
  return largest(training['epochs'] ?? EPOCHS);
}

function largest(value: JsonValue): number {
  const found = possible(value);
  if (found.kind === 'literal') return typeof found.value === 'number' ? found.value : EPOCHS_LIMIT;
  if (found.kind === 'range') return found.high;
  if (found.kind === 'choice') return Math.max(...found.options.map(largest));
  // What a reference means is known in each trial alone: no pruner asks beyond its end.
  return EPOCHS_LIMIT;
}

/**
 * The search with its defaults, `auto` resolved to what suits the space and the budget.
 * @param most the largest step of a trial
 */
export function searchOf(
  body: JsonObject,
  space: Space,
  most: number | null,
  drawSeed: () => number,
  findings: Findings,
): SearchSettings {
  const given = isJsonObject(body['search']) ? body['search'] : {};
  const trials = typeof given['trials'] === 'number' ? given['trials'] : TRIALS;
  const objectives = Array.isArray(body['objectives']) ? body['objectives'].length : 1;
  const parallelism = typeof given['parallelism'] === 'number' ? given['parallelism'] : 'auto';
  const situation = { space, trials, objectives, parallelism } as const;
  const { sampler } = chooseSampler(strategyOf(given['sampler']), situation);
  const pruner = resolvePruner(strategyOf(given['pruner']), { maxSteps: most, trials });
  findings.attempt(() => createSampler(sampler, space));
  findings.attempt(() => createPruner(pruner, { maxSteps: most }));
  return {
    sampler,
    pruner,
    trials,
    timeoutSeconds: (given['timeoutSeconds'] ?? null) as number | null,
    parallelism,
    seed: typeof given['seed'] === 'number' ? given['seed'] : drawSeed(),
    priority: typeof given['priority'] === 'number' ? given['priority'] : 1,
    warmStart: (given['warmStart'] ?? null) as SearchSettings['warmStart'],
    stop: stopOf(given['stop']),
    expireSeconds: (given['expireSeconds'] ?? null) as number | null,
    maxSteps: (given['maxSteps'] ?? null) as number | null,
  };
}

function stopOf(given: JsonValue | undefined): SearchSettings['stop'] {
  if (!isJsonObject(given)) return null;
  const { value = null, plateauTrials = null } = given;
  return value === null && plateauTrials === null
    ? null
    : ({ value, plateauTrials } as SearchSettings['stop']);
}

/** A value and a plateau are those of one best trial. */
export function checkStop(
  { stop }: SearchSettings,
  objectives: readonly Objective[],
  findings: Findings,
): void {
  if (stop === null || objectives.length === 1) return;
  findings.wrong('search.stop', 'needs a single objective: a study with several has no best trial');
}

function strategyOf(value: JsonValue | undefined): string | JsonObject {
  return typeof value === 'string' || isJsonObject(value) ? value : 'auto';
}

export function objectivesOf(body: JsonObject, task: Task): readonly Objective[] {
  const given = body['objectives'];
  if (!Array.isArray(given)) {
    return [
      { metric: task === 'regression' ? 'validation.mse' : 'validation.logLoss', direction: 'minimize' },
    ];
  }
  return (given as JsonArray)
    .filter(isJsonObject)
    .map(({ metric, direction }) => ({ metric: metric as string, direction: direction as Direction }));
}

/** Values are compared across trials: a hole must not change what the objective measures. */
export function checkMeaning(
  { preparation, training }: { readonly preparation: JsonObject; readonly training: JsonObject },
  objectives: readonly Objective[],
  findings: Findings,
): void {
  const index = objectives.findIndex(({ metric }) => metric === 'validation.loss');
  if (index < 0) return;
  const places: readonly (readonly [string, JsonValue | undefined])[] = [
    ['training.loss', training['loss']],
    ['preparation.targetTransform', preparation['targetTransform']],
  ];
  for (const [path, value] of places) {
    if (possible(value ?? null).kind === 'literal') continue;
    findings.wrong(
      `objectives[${String(index)}].metric`,
      `validation.loss would mean something else from trial to trial, because ${path} is a hole; take another metric`,
    );
  }
}

/** Bounds with null where there is none. */
export function constraintsOf({ constraints }: JsonObject): readonly Constraint[] {
  if (!Array.isArray(constraints)) return [];
  return (constraints as JsonArray).filter(isJsonObject).map(({ metric, min = null, max = null }) => {
    return { metric, min, max } as Constraint;
  });
}
