import type { StoredDataset } from '../../core/dataset';
import type { DiagnosisCode, Finding } from '../../core/finding';
import { isJsonObject } from '../../core/json';
import type { StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import type { EpochReport } from '../../core/trial';
import { diagnose } from '../../insight';

/** What the learning curve of a trial says; nothing where it has no loss that can be compared with chance. */
export function diagnoseTrial(
  trial: StoredTrial,
  curve: readonly EpochReport[],
  chance: number | null,
): readonly Finding<DiagnosisCode>[] {
  const losses = curve.flatMap(({ train, validation }) => {
    const [a, b] = [train['loss'] ?? null, validation['loss'] ?? null];
    return a === null || b === null ? [] : [{ train: a, validation: b }];
  });
  if (chance === null || chance <= 0 || losses.length !== curve.length) return [];
  return diagnose({
    diverged: trial.error?.code === 'diverged',
    curve: {
      epochs: losses,
      chance,
      budget: budgetOf(trial) ?? curve.length + 1,
      bestEpoch: trial.bestEpoch,
      trainLoss: trial.metrics.train?.['loss'] ?? null,
    },
    reference: null,
  });
}

function budgetOf({ config }: StoredTrial): number | null {
  const training = isJsonObject(config) ? config['training'] : null;
  const epochs = isJsonObject(training) ? training['epochs'] : null;
  return typeof epochs === 'number' ? epochs : null;
}

/**
 * The loss of knowing nothing, in the units of the learning curve: the entropy of the class shares; of values what
 * R² says of the loss. Null where neither is known.
 */
export function chanceOf(
  { task, target }: StudyRecord,
  curve: readonly EpochReport[],
  dataset: StoredDataset | null,
): number | null {
  if (task === 'regression') return chanceOfValues(curve);
  const levels = dataset?.profiles.find(({ name }) => name === target)?.levels ?? [];
  const rows = levels.reduce((sum, { count }) => sum + count, 0);
  return levels.reduce((sum, { count }) => sum - (count / rows) * Math.log(count / rows), 0);
}

/** The loss is in the prepared target's units; mse over (1 − R²) is the target's variance in its own. */
function chanceOfValues(curve: readonly EpochReport[]): number | null {
  const last = curve.at(-1)?.validation;
  const [loss, r2] = [last?.['loss'] ?? null, last?.['r2'] ?? null];
  return loss === null || r2 === null || r2 >= 1 ? null : loss / (1 - r2);
}
