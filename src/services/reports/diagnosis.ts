import type { DiagnosisCode, Finding } from '../../core/finding';
import { isJsonObject } from '../../core/json';
import type { StoredTrial } from '../../core/storage';
import type { EpochReport } from '../../core/trial';
import { diagnose } from '../../insight';
import type { DiagnosisBasis } from './diagnosis-basis';

/** What the learning curve of a trial says; nothing where there is nothing that its losses can be held against. */
export function diagnoseTrial(
  trial: StoredTrial,
  curve: readonly EpochReport[],
  { chance, reference, fold }: DiagnosisBasis,
): readonly Finding<DiagnosisCode>[] {
  const epochs = fold?.curve ?? curve;
  const losses = epochs.flatMap(({ train, validation }) => {
    const [a, b] = [train['loss'] ?? null, validation['loss'] ?? null];
    return a === null || b === null ? [] : [{ train: a, validation: b }];
  });
  if (chance === null || chance <= 0 || losses.length !== epochs.length) return [];
  const { bestEpoch, trainLoss } = fold ?? {
    bestEpoch: trial.bestEpoch,
    trainLoss: trial.metrics.train?.['loss'] ?? null,
  };
  return diagnose({
    diverged: trial.error?.code === 'diverged',
    curve: { epochs: losses, chance, budget: budgetOf(trial) ?? epochs.length + 1, bestEpoch, trainLoss },
    reference,
  });
}

function budgetOf({ config }: StoredTrial): number | null {
  const training = isJsonObject(config) ? config['training'] : null;
  const epochs = isJsonObject(training) ? training['epochs'] : null;
  return typeof epochs === 'number' ? epochs : null;
}
