import type { DiagnosisCode, Finding } from '../../core/finding';
import { normalise, type LearningCurve, type RuleContext } from './curve';
import { RULES, THRESHOLDS } from './rules';

export interface DiagnosisRequest {
  /** Of the trial that is diagnosed. A curve of fewer than 3 epochs tells nothing. */
  readonly curve: LearningCurve;
  /** The loss stopped being finite. */
  readonly diverged: boolean;
  /**
   * What a larger network without any regularisation reaches on the same data; null where none was trained. It tells
   * bias from noise that nothing can explain.
   */
  readonly reference: { readonly trainLoss: number; readonly validationLoss: number } | null;
}

/**
 * What a learning curve says of its training, the most telling first; never empty, but for a curve that is too short.
 * Every threshold is in {@link THRESHOLDS}, and docs/diagnosis.md shows how often the first finding is right.
 */
export function diagnose({
  curve,
  diverged,
  reference,
}: DiagnosisRequest): readonly Finding<DiagnosisCode>[] {
  const { chance } = curve;
  const context: RuleContext = {
    curve: normalise(curve),
    diverged,
    reference:
      reference === null
        ? null
        : { train: reference.trainLoss / chance, validation: reference.validationLoss / chance },
  };
  if (!diverged && curve.epochs.length < THRESHOLDS.leastEpochs) return [];
  const found = RULES.flatMap((rule) => rule(context) ?? []);
  const [first] = found;
  if (first?.code === 'diverged') return [first];
  return found.length > 0 ? found : [wellFitted(context)];
}

function wellFitted({ curve }: RuleContext): Finding<DiagnosisCode> {
  const validation = curve.validation[curve.best] ?? 0;
  const train = curve.bestTrain ?? curve.train[curve.best] ?? 0;
  return {
    code: 'well_fitted',
    severity: 'info',
    message: `The network learned: validation loss ${percent(validation)} of chance, training loss ${percent(train)}, and no sign of anything wrong.`,
    evidence: { validation, train, bestEpoch: curve.best + 1, epochs: curve.train.length },
    advice: '',
  };
}

export function percent(share: number): string {
  const value = 100 * share;
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} %`;
}
