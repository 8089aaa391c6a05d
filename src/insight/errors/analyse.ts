import { worstFirst, type ErrorCode, type Finding } from '../../core/finding';
import type { PermutationImportance } from '../../core/job';
import type { Predictions } from '../../core/predictions';
import { scoreRows } from '../measures';
import { calibrationFinding, calibrationOf, type Calibration } from './calibration';
import { describeCondition, type FeatureColumn } from './columns';
import { confusionOf } from './confusion';
import { residualsOf, type Residuals } from './residuals';
import { findSlices, type Slice, type SliceSearch } from './slices';
import { worstRows, type WorstRow } from './worst-rows';

export interface ErrorAnalysis {
  readonly confusionMatrix: {
    readonly labels: readonly string[];
    readonly validation: readonly (readonly number[])[];
    readonly test: readonly (readonly number[])[];
  } | null;
  readonly calibration: Calibration | null;
  readonly residuals: Residuals | null;
  readonly worst: readonly WorstRow[];
  readonly slices: readonly (Slice & { readonly description: string })[];
  /** How many slices were looked at, and the error rate they are held to. */
  readonly sliceSearch: Pick<SliceSearch, 'looked' | 'significance'>;
  readonly permutationImportance: readonly PermutationImportance[] | null;
  readonly findings: readonly Finding<ErrorCode>[];
}

/**
 * Where a model is wrong, on validation rows; of the test rows only their confusion is shown.
 * @param columns raw columns of the validation rows, in the order of the predictions
 */
export function analyseErrors(
  validation: Predictions,
  test: Predictions,
  columns: readonly FeatureColumn[],
  importance: readonly PermutationImportance[] | null,
  seed: number,
): ErrorAnalysis {
  const { losses } = scoreRows(validation);
  const calibration = validation.kind === 'classes' ? calibrationOf(validation, seed) : null;
  const search = findSlices(byImportance(columns, importance), losses, seed);
  const slices = search.slices.map((slice) => ({
    ...slice,
    description: slice.conditions.map(describeCondition).join(' and '),
  }));
  const measure = validation.kind === 'classes' ? 'log loss' : 'absolute error';
  const findings = [
    ...slices.map((slice) => sliceFinding(slice, measure, search.looked)),
    ...(calibration === null ? [] : [calibrationFinding(calibration)]),
  ];
  return {
    confusionMatrix:
      validation.kind === 'classes' && test.kind === 'classes'
        ? { labels: validation.labels, validation: confusionOf(validation), test: confusionOf(test) }
        : null,
    calibration,
    residuals: validation.kind === 'values' ? residualsOf(validation, columns) : null,
    worst: worstRows(validation, losses),
    slices,
    sliceSearch: { looked: search.looked, significance: search.significance },
    permutationImportance: importance,
    findings: worstFirst(findings),
  };
}

/** Pairs are looked for among the first features: those that the model listens to come first. */
function byImportance(
  columns: readonly FeatureColumn[],
  importance: readonly PermutationImportance[] | null,
): readonly FeatureColumn[] {
  if (importance === null) return columns;
  const places = new Map(importance.map(({ feature }, place) => [feature, place]));
  const placeOf = ({ name }: FeatureColumn): number => places.get(name) ?? Infinity;
  return [...columns].sort((a, b) => placeOf(a) - placeOf(b));
}

function sliceFinding(
  slice: Slice & { readonly description: string },
  measure: string,
  looked: number,
): Finding<ErrorCode> {
  const { rows, share, meanError, meanErrorOutside, effect, pValue, description } = slice;
  const figure = (value: number): string => String(Number(value.toPrecision(3)));
  return {
    code: 'bad_slice',
    severity: 'warning',
    message: `Where ${description} (${String(rows)} validation rows, ${(100 * share).toFixed(1)} %), the mean ${measure} is ${figure(meanError)}, against ${figure(meanErrorOutside)} elsewhere.`,
    evidence: {
      description,
      rows,
      share,
      meanError,
      meanErrorOutside,
      effect,
      pValue,
      slicesLookedAt: looked,
    },
    advice:
      'Look at these rows: wrong labels, a missing feature, too few of their kind in training? More such rows, or a feature that tells them apart, help most. Do not rely on the model there until then.',
  };
}
