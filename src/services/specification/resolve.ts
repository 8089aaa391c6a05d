import type { ColumnProfile, StoredDataset } from '../../core/dataset';
import { InvalidError, NotSupportedError, type FieldError } from '../../core/errors';
import type { EngineStatus } from '../../core/job';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json';
import type { Direction, Objective, Task } from '../../core/metrics';
import type { EngineRequest, SearchSettings, Specification, SplitSettings } from '../../core/specification';
import { assertTask, inferTask, usableFeatures } from '../../datasets';
import { createPruner, resolvePruner } from '../../pruners';
import { createSampler, resolveSampler } from '../../samplers';
import { parseSpace, possible, type Space } from '../../space';
import { expandPresets } from '../presets';
import { preparationDefaults, splitSeed, trainingDefaults, withDefaults } from './defaults';
import { studyRules } from './field-rules';
import { checkFields, Findings, nearest } from './rules';

const TASKS = ['auto', 'binary', 'multiclass', 'regression'];
const LEAST_ROWS = 10;
/** Rows per class from which all three parts can have one. */
const ROWS_TO_STRATIFY = 3;
/** Below so many rows for the columns a network would only memorise: linear. */
const ROWS_PER_COLUMN = 3;
const SUM_TOLERANCE = 1e-6;
const PARTS = { train: 0.6, validation: 0.2, test: 0.2 };

export interface SpecificationContext {
  readonly dataset: StoredDataset;
  /** Devices of the slots there are. */
  readonly devices: readonly string[];
  readonly engines: readonly EngineStatus[];
  readonly drawSeed: () => number;
}

export interface ResolvedStudy {
  readonly spec: Specification;
  /** `{preparation, model, training}` with holes, presets expanded. */
  readonly document: JsonObject;
  readonly space: Space;
}

/**
 * The whole specification of a study from what a client gave: every rule checked, every default filled in, every
 * `auto` resolved. A stored specification that is given again resolves to itself.
 * @throws InvalidError `invalid_specification` or `invalid_search_space` with the path of everything that is wrong;
 *   NotSupportedError where a field's capability is not built
 */
export function resolveSpecification(body: JsonObject, context: SpecificationContext): ResolvedStudy {
  const { dataset } = context;
  const target = targetOf(body, dataset);
  const task = taskOf(body, target);
  const sections = sectionsOf(body, task, dataset);
  const findings = new Findings();
  checkFields({ ...body, ...sections }, studyRules(task), '', findings);
  const split = splitOf(body, dataset, target, task, findings);
  const features = featuresOf(body, dataset, target.name, findings);
  const objectives = objectivesOf(body, task);
  checkMeaning(sections, objectives, findings);
  checkPlace(body, context, findings);
  refuse(findings);

  const space = parseSpace(sections);
  const search = searchOf(body, space, context);
  const spec: Specification = {
    name: textOr(body['name'], dataset.name),
    tags: (body['tags'] ?? []) as readonly string[],
    dataset: dataset.id,
    target: target.name,
    weight: null,
    task,
    features,
    split,
    preparation: sections.preparation,
    model: body['model'] ?? defaultModel(dataset, features.include.length),
    training: sections.training,
    search,
    objectives,
    constraints: [],
    checks: 'off',
    final: { refit: 'none', trainLonger: 1, ensemble: 1, boosting: 0 },
    device: textOr(body['device'], 'auto'),
    engine: (body['engine'] ?? 'auto') as EngineRequest,
    execution: 'internal',
  };
  return { spec, document: sections, space };
}

interface Sections extends JsonObject {
  readonly preparation: JsonObject;
  readonly model: JsonValue;
  readonly training: JsonObject;
}

function sectionsOf(body: JsonObject, task: Task, dataset: StoredDataset): Sections {
  for (const name of ['preparation', 'training']) {
    const given = body[name];
    if (given !== undefined && !isJsonObject(given)) throw wrong(name, 'must be an object');
  }
  const size = { rows: dataset.rows, features: dataset.columns.length - 1 };
  return {
    preparation: withDefaults(body['preparation'], preparationDefaults(task)),
    model: expandPresets(body['model'] ?? defaultModel(dataset, size.features), size),
    training: withDefaults(body['training'], trainingDefaults(task)),
  };
}

function defaultModel(dataset: StoredDataset, columns: number): JsonObject {
  return { preset: dataset.rows < ROWS_PER_COLUMN * columns ? 'linear' : 'dense' };
}

function targetOf(body: JsonObject, dataset: StoredDataset): ColumnProfile {
  const { target } = body;
  const names = dataset.profiles.map(({ name }) => name);
  if (typeof target !== 'string') throw wrong('target', 'the name of the column to predict is required');
  const profile = dataset.profiles.find(({ name }) => name === target);
  if (profile === undefined) {
    throw wrong('target', `the table has no column ${JSON.stringify(target)}${nearest(target, names)}`);
  }
  return profile;
}

function taskOf({ task = 'auto' }: JsonObject, target: ColumnProfile): Task {
  if (typeof task !== 'string' || !TASKS.includes(task)) {
    throw wrong('task', `${JSON.stringify(task)} must be one of ${TASKS.join(', ')}`);
  }
  const resolved = task === 'auto' ? inferTask(target) : (task as Task);
  assertTask(target, resolved);
  return resolved;
}

function splitOf(
  body: JsonObject,
  dataset: StoredDataset,
  target: ColumnProfile,
  task: Task,
  findings: Findings,
): SplitSettings {
  const given = isJsonObject(body['split']) ? body['split'] : {};
  const isGiven = ['train', 'validation', 'test'].some((part) => Object.hasOwn(given, part));
  const part = (name: keyof typeof PARTS): number => Number(given[name] ?? PARTS[name]);
  const [train, validation, test] = [part('train'), part('validation'), part('test')];
  const sum = train + validation + test;
  if (isGiven && !(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    findings.wrong('split', `train, validation and test are ${String(sum)} together; they must be 1`);
  } else if (train <= 0 || validation <= 0) {
    findings.wrong(train <= 0 ? 'split.train' : 'split.validation', 'must be above 0');
  }
  const rows = dataset.rows - target.missing;
  if (rows < LEAST_ROWS) {
    findings.wrong(
      'dataset',
      `${String(rows)} rows have a target; at least ${String(LEAST_ROWS)} are needed`,
    );
  }
  const rarest = Math.min(...(target.levels ?? []).map(({ count }) => count));
  const canStratify = task === 'regression' || rarest >= ROWS_TO_STRATIFY;
  if (given['stratify'] === true && !canStratify) {
    findings.wrong(
      'split.stratify',
      `cannot be done: the rarest class has ${String(rarest)} rows, ${String(ROWS_TO_STRATIFY)} are needed`,
    );
  }
  // Left to itself, a regression target is not stratified: its parts are alike by their size.
  const stratify = typeof given['stratify'] === 'boolean' ? given['stratify'] : task !== 'regression';
  const settings = { method: 'holdout', train, validation, test, stratify, group: null, time: null } as const;
  const seed = typeof given['seed'] === 'number' ? given['seed'] : splitSeed(dataset, target.name, settings);
  return { ...settings, seed };
}

function featuresOf(
  body: JsonObject,
  dataset: StoredDataset,
  target: string,
  findings: Findings,
): Specification['features'] {
  const given = isJsonObject(body['features']) ? body['features'] : {};
  const listed = (key: 'include' | 'exclude'): readonly string[] | null =>
    Array.isArray(given[key])
      ? (given[key] as JsonArray).filter((name): name is string => typeof name === 'string')
      : null;
  const names = dataset.profiles.map(({ name }) => name);
  const exclude = listed('exclude') ?? [];
  const include = listed('include');
  for (const [key, list] of [
    ['include', include ?? []],
    ['exclude', exclude],
  ] as const) {
    list.forEach((name, i) => {
      const path = `features.${key}[${String(i)}]`;
      if (!names.includes(name))
        findings.wrong(path, `the table has no column ${JSON.stringify(name)}${nearest(name, names)}`);
      if (key === 'include' && name === target) findings.wrong(path, 'is the target');
    });
  }
  const { include: usable, leftOut } = usableFeatures(dataset.profiles, target);
  (include ?? []).forEach((name, i) => {
    const profile = dataset.profiles.find((candidate) => candidate.name === name);
    if (profile === undefined || !['text', 'datetime', 'image'].includes(profile.type)) return;
    findings.unsupported(
      `features.include[${String(i)}]`,
      `columns of the type ${profile.type} are not used yet`,
    );
  });
  const used = names.filter(
    (name) => (include ?? usable).includes(name) && !exclude.includes(name) && name !== target,
  );
  if (used.length === 0) {
    const why = leftOut.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    findings.wrong('features', `no column is left to learn from${why === '' ? '' : ` (${why})`}`);
  }
  return { include: used, exclude };
}

function objectivesOf(body: JsonObject, task: Task): readonly Objective[] {
  const given = body['objectives'];
  if (Array.isArray(given)) {
    return (given as JsonArray).filter(isJsonObject).map(({ metric, direction }) => ({
      metric: metric as string,
      direction: direction as Direction,
    }));
  }
  return [{ metric: task === 'regression' ? 'validation.mse' : 'validation.logLoss', direction: 'minimize' }];
}

/** Values are compared across trials: a hole must not change what the objective measures. */
function checkMeaning(
  { preparation, training }: Sections,
  objectives: readonly Objective[],
  findings: Findings,
): void {
  if (!objectives.some(({ metric }) => metric === 'validation.loss')) return;
  const isHole = (value: JsonValue | undefined): boolean => possible(value ?? null).kind !== 'literal';
  for (const [path, value] of [
    ['training.loss', training['loss']],
    ['preparation.targetTransform', preparation['targetTransform']],
  ] as const) {
    if (isHole(value)) {
      findings.wrong(
        'objectives[0].metric',
        `validation.loss would mean something else from trial to trial, because ${path} is a hole; take another metric`,
      );
    }
  }
}

function checkPlace(body: JsonObject, { devices, engines }: SpecificationContext, findings: Findings): void {
  const { device = 'auto', engine = 'auto' } = body;
  if (typeof device === 'string' && device !== 'auto' && !devices.includes(device)) {
    findings.wrong(
      'device',
      `${JSON.stringify(device)} is none of this service's: auto, ${devices.join(', ')}`,
    );
  }
  const status = engines.find(({ name }) => name === engine);
  if (status?.available === false)
    findings.wrong('engine', `${status.name} is not available: ${status.reason ?? ''}`);
}

function searchOf(body: JsonObject, space: Space, { drawSeed }: SpecificationContext): SearchSettings {
  const given = isJsonObject(body['search']) ? body['search'] : {};
  const trials = Number(given['trials'] ?? 50);
  const sampler = resolveSampler(strategyOf(given['sampler']), space, trials);
  const pruner = resolvePruner(strategyOf(given['pruner']));
  createSampler(sampler, space);
  createPruner(pruner);
  return {
    sampler,
    pruner,
    trials,
    timeoutSeconds: (given['timeoutSeconds'] ?? null) as number | null,
    parallelism: (given['parallelism'] ?? 'auto') as number | 'auto',
    seed: typeof given['seed'] === 'number' ? given['seed'] : drawSeed(),
    priority: 1,
    warmStart: null,
    stop: null,
    expireSeconds: null,
    maxSteps: null,
  };
}

function strategyOf(value: JsonValue | undefined): string | JsonObject {
  return typeof value === 'string' || isJsonObject(value) ? value : 'auto';
}

function textOr(value: JsonValue | undefined, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function refuse({ errors, notBuilt }: Findings): void {
  const [first] = errors;
  if (first === undefined) return;
  if (notBuilt && errors.length === 1)
    throw new NotSupportedError(first.path, `${first.path}: ${first.message}`);
  const more = errors.length > 1 ? ` (and ${String(errors.length - 1)} more)` : '';
  throw new InvalidError('invalid_specification', `${first.path}: ${first.message}${more}`, { errors });
}

function wrong(path: string, message: string): InvalidError {
  const errors: FieldError[] = [{ path, message }];
  return new InvalidError('invalid_specification', `${path}: ${message}`, { errors });
}
