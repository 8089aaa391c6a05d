import type { ColumnProfile, StoredDataset } from '../../core/dataset';
import { isJsonObject, type JsonArray, type JsonObject } from '../../core/json';
import type { Task } from '../../core/metrics';
import type { Specification } from '../../core/specification';
import { assertTask, classLabels, inferTask, usableFeatures } from '../../datasets';
import { isHole } from './defaults';
import { nearest, quote, type Findings } from './findings';

/** More labels than these are not listed to a caller who named another. */
const MOST_NAMED = 20;
const NO_TARGET = 'is needed: the name of the column to predict';
const TASKS = ['auto', 'binary', 'multiclass', 'regression'];

/** The target's column; null where there is none. */
export function targetOf(body: JsonObject, dataset: StoredDataset, findings: Findings): ColumnProfile | null {
  const { target } = body;
  if (typeof target !== 'string') {
    const given = target === undefined ? '' : `${quote(target)}: `;
    findings.wrong('target', `${given}the name of the column to predict is required`);
    return null;
  }
  const profile = dataset.profiles.find(({ name }) => name === target);
  if (profile === undefined) findings.wrong('target', target === '' ? NO_TARGET : noColumn(target, dataset));
  return profile ?? null;
}

/** The task, inferred where it is `auto`; null where the target does not suit it. */
export function taskOf(
  { task = 'auto' }: JsonObject,
  target: ColumnProfile | null,
  findings: Findings,
): Task | null {
  if (typeof task !== 'string' || !TASKS.includes(task)) {
    const near = typeof task === 'string' ? nearest(task, TASKS) : '';
    findings.wrong('task', `${quote(task)} must be one of ${TASKS.join(', ')}${near}`);
    return null;
  }
  if (target === null) return task === 'auto' ? null : (task as Task);
  return findings.attempt(() => {
    const resolved = task === 'auto' ? inferTask(target) : (task as Task);
    assertTask(target, resolved);
    return resolved;
  });
}

/** The columns that are used, in the table's order: those that are named, else all that can be. */
export function featuresOf(
  body: JsonObject,
  dataset: StoredDataset,
  target: string,
  findings: Findings,
): Specification['features'] {
  const { profiles } = dataset;
  const given = isJsonObject(body['features']) ? body['features'] : {};
  const include = listOf(given, 'include');
  const exclude = listOf(given, 'exclude') ?? [];
  exclude.forEach((name, i) => {
    const path = `features.exclude[${String(i)}]`;
    if (!profiles.some((profile) => profile.name === name)) findings.wrong(path, noColumn(name, dataset));
    else if (include?.includes(name) === true)
      findings.wrong(path, `${quote(name)} is in features.include too`);
  });
  include?.forEach((name, i) => {
    checkIncluded(name, `features.include[${String(i)}]`, dataset, target, findings);
  });
  const { include: usable, leftOut } = usableFeatures(profiles, target, dataset.rows);
  const wanted = new Set(include ?? usable);
  // Rows to come belong to other groups: what tells them apart teaches nothing, unless it is asked for.
  const group = include === null && isJsonObject(body['split']) ? body['split']['group'] : null;
  const weight = include === null ? body['weight'] : null;
  for (const name of [...exclude, target, group, weight]) if (typeof name === 'string') wanted.delete(name);
  const used = profiles.map(({ name }) => name).filter((name) => wanted.has(name));
  if (used.length === 0 && !(include?.length ?? 0)) {
    const why = leftOut.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    findings.wrong('features', `no column is left to learn from${why === '' ? '' : ` (${why})`}`);
  }
  return { include: used, exclude };
}

/** The column of sample weights; null where none is asked for or it cannot be one. */
export function weightOf(body: JsonObject, dataset: StoredDataset, findings: Findings): string | null {
  const { weight = null, target } = body;
  if (typeof weight !== 'string') return null;
  const profile = dataset.profiles.find(({ name }) => name === weight);
  const wrong = (why: string): null => {
    findings.wrong('weight', why);
    return null;
  };
  if (profile === undefined) return wrong(noColumn(weight, dataset));
  if (weight === target) return wrong(`${quote(weight)} is the target`);
  if (profile.type !== 'numeric') return wrong(`${quote(weight)} is ${profile.type}; weights are numbers`);
  if (profile.missing > 0) {
    return wrong(
      `${quote(weight)} has no value in ${String(profile.missing)} rows; every row needs a weight`,
    );
  }
  const negative = profile.levels?.find(({ value }) => Number(value) < 0);
  if (negative !== undefined)
    return wrong(`${quote(weight)} has the value ${negative.value}; weights are not negative`);
  return weight;
}

/** Class weights are for labels that there are. */
export function checkClassWeights(
  training: JsonObject,
  target: ColumnProfile,
  task: Task,
  findings: Findings,
): void {
  const { classWeights } = training;
  if (task === 'regression' || !isJsonObject(classWeights) || isHole(classWeights)) return;
  const labels = classLabels(target, task);
  for (const label of Object.keys(classWeights)) {
    if (labels.includes(label)) continue;
    const known =
      labels.length <= MOST_NAMED ? `; they are ${labels.map(quote).join(', ')}` : nearest(label, labels);
    findings.wrong(`training.classWeights.${label}`, `${quote(label)} is no label${known}`);
  }
}

function checkIncluded(
  name: string,
  path: string,
  dataset: StoredDataset,
  target: string,
  findings: Findings,
): void {
  const profile = dataset.profiles.find((candidate) => candidate.name === name);
  if (profile === undefined) findings.wrong(path, noColumn(name, dataset));
  else if (name === target) findings.wrong(path, `${quote(name)} is the target`);
  else if (profile.distinct === 0) findings.wrong(path, `column ${quote(name)} has no values`);
}

function listOf(given: JsonObject, key: 'include' | 'exclude'): readonly string[] | null {
  const list = given[key];
  if (!Array.isArray(list)) return null;
  return (list as JsonArray).filter((name): name is string => typeof name === 'string');
}

function noColumn(name: string, { profiles }: StoredDataset): string {
  const near = nearest(
    name,
    profiles.map((profile) => profile.name),
  );
  return `the table has no column ${quote(name)}${near}`;
}
