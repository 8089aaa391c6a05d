import type { ColumnProfile, StoredDataset } from '../../core/dataset';
import { isJsonObject, type JsonObject } from '../../core/json';
import type { Task } from '../../core/metrics';
import { deriveSeed } from '../../core/random';
import type { SplitSettings } from '../../core/specification';
import { nearest, quote, type Findings } from './findings';

const LEAST_ROWS = 10;
/** A smaller class is for training alone. */
const ROWS_TO_DIVIDE = 3;
const SUM_TOLERANCE = 1e-6;
const FOLDS = 5;
const PARTS = { train: 0.6, validation: 0.2, test: 0.2 };
type Parts = Readonly<Record<keyof typeof PARTS, number>>;
type Plan = Omit<SplitSettings, 'seed' | 'stratify'>;

/** The split with its defaults; what the data does not allow goes to `findings`. */
export function splitOf(
  body: JsonObject,
  dataset: StoredDataset,
  target: ColumnProfile,
  task: Task,
  findings: Findings,
): SplitSettings {
  const given = isJsonObject(body['split']) ? body['split'] : {};
  const plan = planOf(given, findings);
  const rows = dataset.rows - target.missing;
  checkRows(rows, plan, findings);
  checkColumns(plan, dataset, target.name, findings);
  const why = whyNotStratified(plan, target, task);
  if (given['stratify'] === true && why !== null) {
    findings.wrong('split.stratify', `true cannot be done: ${why}`);
  }
  const stratify = given['stratify'] === true || (given['stratify'] !== false && why === null);
  const { method, train, validation, test, folds, group, time } = plan;
  const own =
    method === 'kfold' || group !== null || time !== null ? [folds ?? 0, group ?? '', time ?? ''] : [];
  const seed = deriveSeed(
    'split',
    dataset.sha256,
    target.name,
    method,
    train,
    validation,
    test,
    String(stratify),
    ...own,
  );
  return { ...plan, stratify, seed: typeof given['seed'] === 'number' ? given['seed'] : seed };
}

function planOf(given: JsonObject, findings: Findings): Plan {
  const method = given['method'] === 'kfold' ? 'kfold' : 'holdout';
  const { folds, group, time } = given;
  if (method === 'holdout' && folds !== undefined && folds !== null && folds !== FOLDS) {
    findings.wrong('split.folds', `${quote(folds)}: only "method": "kfold" has folds`);
  }
  const count = method === 'kfold' ? (typeof folds === 'number' ? folds : FOLDS) : null;
  return {
    method,
    ...partsOf(given, count, findings),
    folds: count,
    group: typeof group === 'string' ? group : null,
    time: typeof time === 'string' ? time : null,
  };
}

/** The shares as they are given. k-fold: the test share, and of the rest one fold is validation. */
function partsOf(given: JsonObject, folds: number | null, findings: Findings): Parts {
  const read = (name: keyof typeof PARTS, other: number): number => {
    const value = given[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : other;
  };
  const test = read('test', PARTS.test);
  const share = folds === null ? PARTS.validation : (1 - test) / folds;
  const validation = read('validation', share);
  const parts = {
    train: read('train', folds === null ? PARTS.train : 1 - test - validation),
    validation,
    test,
  };
  const sum = parts.train + parts.validation + parts.test;
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    const listed = `train ${String(parts.train)}, validation ${String(parts.validation)} and test ${String(parts.test)}`;
    findings.wrong('split', `${listed} are ${String(Number(sum.toPrecision(6)))} together; they must be 1`);
  }
  if (folds === null) return parts;
  const shares = { train: 1 - test - share, validation: share };
  for (const name of ['train', 'validation'] as const) {
    // A stored specification may be sent again, and defaults may be spelt out.
    const isKnown = [shares[name], PARTS[name]].some(
      (known) => Math.abs(parts[name] - known) < SUM_TOLERANCE,
    );
    if (typeof given[name] === 'number' && !isKnown) {
      const message = `${quote(parts[name])}: with "method": "kfold" one of ${String(folds)} folds of what is not "test" is validation, the others are training; leave it out`;
      findings.wrong(`split.${name}`, message);
    }
  }
  return { ...shares, test };
}

function checkRows(rows: number, { validation, test, folds }: Plan, findings: Findings): void {
  if (rows < LEAST_ROWS) {
    findings.wrong(
      'dataset',
      `${String(rows)} rows have a target; at least ${String(LEAST_ROWS)} are needed`,
    );
    return;
  }
  for (const [name, share] of [
    ['validation', validation],
    ['test', test],
  ] as const) {
    if (Math.round(rows * share) >= 1) continue;
    if (name === 'validation' && folds !== null) {
      findings.wrong(
        'split.folds',
        `${String(folds)} folds of ${String(rows)} rows are less than one row each`,
      );
    } else {
      findings.wrong(`split.${name}`, `${String(share)} of ${String(rows)} rows is less than one row`);
    }
  }
}

/** The columns of `group` and `time` must be there, and must have enough values for all parts. */
function checkColumns(
  { group, time, folds }: Plan,
  dataset: StoredDataset,
  target: string,
  findings: Findings,
): void {
  if (group !== null && time !== null) {
    findings.wrong(
      'split.time',
      'whole groups and the order of time cannot both be kept; name one of group and time',
    );
  }
  for (const [field, name] of [
    ['group', group],
    ['time', time],
  ] as const) {
    if (name === null) continue;
    const path = `split.${field}`;
    const profile = dataset.profiles.find((candidate) => candidate.name === name);
    if (profile === undefined) {
      const names = dataset.profiles.map((candidate) => candidate.name);
      findings.wrong(path, `the table has no column ${quote(name)}${nearest(name, names)}`);
    } else if (name === target) {
      findings.wrong(path, `${quote(name)} is the target`);
    } else if (field === 'time' && profile.type !== 'datetime' && profile.type !== 'numeric') {
      findings.wrong(path, `${quote(name)} is ${profile.type}; time is a datetime or numeric column`);
    } else if (profile.type === 'image') {
      findings.wrong(path, `${quote(name)} holds images`);
    } else {
      // By time each fold is validated by the block after it, so there is one block more.
      const parts = folds === null ? 3 : folds + 1 + Number(field === 'time');
      const values = profile.distinct + (field === 'group' ? profile.missing : 0);
      if (values < parts) {
        findings.wrong(
          path,
          `${quote(name)} has ${String(values)} values; the ${String(parts)} parts need one each`,
        );
      }
    }
  }
}

function whyNotStratified(plan: Plan, target: ColumnProfile, task: Task): string | null {
  if (plan.time !== null) return 'the order of time decides where a row goes';
  if (task === 'regression' || fillsParts(target, plan)) return null;
  return 'the classes have too few rows for all three parts';
}

/** Stratified, every class is divided by itself, and those that do not divide are for training: the parts must get theirs. */
function fillsParts({ levels }: ColumnProfile, { validation, test, method }: Plan): boolean {
  const counts = (levels ?? []).map(({ count }) => count);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const divided = counts.filter((count) => count >= ROWS_TO_DIVIDE).reduce((sum, count) => sum + count, 0);
  const shares = method === 'kfold' ? [test] : [validation, test];
  return shares.every((share) => {
    const given = Math.round(divided * share);
    return given >= 1 && given >= (rows * share) / 2;
  });
}
