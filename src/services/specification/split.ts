import type { ColumnProfile, StoredDataset } from '../../core/dataset';
import { isJsonObject, type JsonObject } from '../../core/json';
import type { Task } from '../../core/metrics';
import { deriveSeed } from '../../core/random';
import type { SplitSettings } from '../../core/specification';
import type { Findings } from './findings';

const LEAST_ROWS = 10;
/** A smaller class is for training alone. */
const ROWS_TO_DIVIDE = 3;
const SUM_TOLERANCE = 1e-6;
const PARTS = { train: 0.6, validation: 0.2, test: 0.2 };
type PartName = keyof typeof PARTS;

/** The split with its defaults; what the data does not allow goes to `findings`. */
export function splitOf(
  body: JsonObject,
  dataset: StoredDataset,
  target: ColumnProfile,
  task: Task,
  findings: Findings,
): SplitSettings {
  const given = isJsonObject(body['split']) ? body['split'] : {};
  const parts = partsOf(given, findings);
  const rows = dataset.rows - target.missing;
  checkRows(rows, parts, findings);
  const canStratify = task === 'regression' || fillsParts(target, parts);
  if (given['stratify'] === true && !canStratify) {
    findings.wrong(
      'split.stratify',
      'true cannot be done: the classes have too few rows for all three parts',
    );
  }
  // Left to itself, a regression target is not stratified: its parts are alike by their size.
  const wanted = given['stratify'] ?? (task !== 'regression' && canStratify);
  const settings = {
    method: 'holdout',
    ...parts,
    stratify: wanted === true,
    group: null,
    time: null,
  } as const;
  const { method, train, validation, test, stratify } = settings;
  const seed = deriveSeed(
    'split',
    dataset.sha256,
    target.name,
    method,
    train,
    validation,
    test,
    String(stratify),
  );
  return { ...settings, seed: typeof given['seed'] === 'number' ? given['seed'] : seed };
}

function partsOf(given: JsonObject, findings: Findings): Readonly<Record<PartName, number>> {
  const read = (name: PartName): number => {
    const value = given[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : PARTS[name];
  };
  const parts = { train: read('train'), validation: read('validation'), test: read('test') };
  const sum = parts.train + parts.validation + parts.test;
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    const listed = `train ${String(parts.train)}, validation ${String(parts.validation)} and test ${String(parts.test)}`;
    findings.wrong('split', `${listed} are ${String(Number(sum.toPrecision(6)))} together; they must be 1`);
  }
  return parts;
}

function checkRows(
  rows: number,
  { validation, test }: Readonly<Record<PartName, number>>,
  findings: Findings,
): void {
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
    if (Math.round(rows * share) < 1) {
      findings.wrong(`split.${name}`, `${String(share)} of ${String(rows)} rows is less than one row`);
    }
  }
}

/** Stratified, every class is divided by itself and its odd rows are for training: the other parts must get theirs. */
function fillsParts(
  { levels }: ColumnProfile,
  { validation, test }: Readonly<Record<PartName, number>>,
): boolean {
  const counts = (levels ?? []).map(({ count }) => count);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return [validation, test].every((share) => {
    const divided = counts.filter((count) => count >= ROWS_TO_DIVIDE);
    const given = divided.reduce((sum, count) => sum + Math.round(count * share), 0);
    return given >= 1 && given >= (rows * share) / 2;
  });
}
