import type { Objective } from '../../core/metrics';
import type { AuditCode, CheckCode, Finding } from '../../core/finding';
import type { BaselinePredictions, DataJob, NetworkBytes, PredictionResult } from '../../core/job';
import type { ColumnProfile, RowObject } from '../../core/dataset';
import type { MetricIntervals, Predictions } from '../../core/predictions';
import { openTable, numbersOf, parsePreparation, valueOf, type FittedTarget } from '../../datasets';
import {
  analyseErrors,
  compare,
  confidenceOf,
  scoreRows,
  type ErrorAnalysis,
  type PairedComparison,
  type ResamplingUnit,
} from '../../insight';
import { featureColumns } from './feature-columns';
import { firstLayerOf, type FirstLayer } from './first-layer';
import { comparableObjective, unitOf } from './compare-predictions';

/** What the analysis of the best trial's predictions is made of. */
export interface AnalysisRequest {
  readonly data: DataJob;
  readonly predictions: PredictionResult;
  /** The model's. */
  readonly network: Required<NetworkBytes>;
  /** Simple models that were trained on the same rows. */
  readonly baselines: readonly BaselinePredictions[];
  readonly objective: Objective;
  readonly seed: number;
}

export interface BaselineComparison {
  readonly name: string;
  /** Metrics of the baseline on the test part. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** The model against it, on the same test rows. */
  readonly comparison: PairedComparison;
  /** The same on the validation rows. */
  readonly onValidation: PairedComparison;
}

/** Share of the draws in which a network has to be better than a baseline. */
const LEAST_BETTER = 0.5;

export interface Analysis {
  readonly errorAnalysis: Omit<ErrorAnalysis, 'worst'> & {
    readonly worst: readonly (ErrorAnalysis['worst'][number] & { readonly values: RowObject })[];
  };
  readonly firstLayer: FirstLayer | null;
  /** Whether the best network is worth more than a simple model, and what it does not look at. */
  readonly findings: readonly Finding<AuditCode | CheckCode>[];
  /** Of the test part. */
  readonly confidence: MetricIntervals;
  readonly resampling: ResamplingUnit['kind'];
  /** Of the validation part: optimistic, because the trial was chosen by it. */
  readonly validationConfidence: MetricIntervals;
  readonly baselines: readonly BaselineComparison[];
}

/** Everything that is told of a model's errors, from its predictions and the table's rows. Runs in the analysts' pool. */
export async function analyse(request: AnalysisRequest): Promise<Analysis> {
  const { data, predictions, seed } = request;
  const table = await openTable(data.table.folder);
  const columns = await featureColumns(table, data.features, predictions.validation.rows);
  const { validation, test, importance } = predictions;
  const errors = analyseErrors(validation, test, columns, importance, seed);
  const worst = await Promise.all(
    errors.worst.map(async (row) => {
      const [values = {}] = await table.rows(row.row, row.row + 1);
      return { ...row, values };
    }),
  );
  const units = { validation: await unitOf(data, validation.rows), test: await unitOf(data, test.rows) };
  const { target, unused } = parsePreparation(request.network.preprocessing);
  const dropped = data.features.filter((name) => unused.includes(name) && hasLevels(table.profile(name)));
  const knowingNothing = {
    name: target.kind === 'classes' ? 'class shares' : 'mean',
    validation: constantOf(validation, target),
    test: constantOf(test, target),
  };
  const baselines = [knowingNothing, ...request.baselines].map((baseline) =>
    against(baseline.name, baseline, request, units),
  );
  const beaten = baselineFinding(baselines);
  return {
    errorAnalysis: { ...errors, worst },
    firstLayer: firstLayerOf(
      request.network.modelJson,
      request.network.weights,
      numbersOf(parsePreparation(request.network.preprocessing)),
    ),
    findings: [beaten, droppedFinding(dropped)].filter((finding) => finding !== null),
    confidence: confidenceOf(scoreRows(test), units.test, seed),
    resampling: units.test.kind,
    validationConfidence: confidenceOf(scoreRows(validation), units.validation, seed),
    baselines,
  };
}

/** A baseline on the test rows, and the model against it. */
function against(
  name: string,
  { validation, test }: { readonly validation: Predictions; readonly test: Predictions },
  { predictions, objective, seed }: AnalysisRequest,
  units: { readonly validation: ResamplingUnit; readonly test: ResamplingUnit },
): BaselineComparison {
  const known = comparableObjective(predictions.test, objective);
  const baseline = scoreRows(test);
  return {
    name,
    metrics: baseline.measure(null),
    comparison: compare(scoreRows(predictions.test), baseline, known, units.test, seed),
    onValidation: compare(
      scoreRows(predictions.validation),
      scoreRows(validation),
      known,
      units.validation,
      seed,
    ),
  };
}

function hasLevels({ type, distinct }: ColumnProfile): boolean {
  return (type === 'categorical' || type === 'text') && distinct > 1;
}

/** Categories that the study uses, and of which the model's preparation has made nothing. */
function droppedFinding(columns: readonly string[]): Finding<AuditCode> | null {
  if (columns.length === 0) return null;
  const names = columns.map((name) => JSON.stringify(name)).join(', ');
  return {
    code: 'columns_left_out',
    severity: 'warning',
    message: `The model does not look at ${names}: no level stands often enough in the training rows to be learned, or one stands in all of them.`,
    evidence: { left: columns.length, columns },
    advice:
      'Put levels together in the file, or lower preparation.rareLevels; preparation.categorical "target" takes levels of a single row too. Where each row has a level of its own, leave the column out with features.exclude.',
  };
}

/** How far the model is ahead of the baseline on validation rows, whichever way is better. */
function leadOf({ onValidation }: BaselineComparison): number {
  return Math.abs(onValidation.difference.value ?? 0);
}

/** A study whose best network does not beat a simple model on validation rows says so. */
function baselineFinding(baselines: readonly BaselineComparison[]): Finding<CheckCode> | null {
  const [strongest] = baselines.toSorted(
    (a, b) => a.onValidation.better - b.onValidation.better || leadOf(a) - leadOf(b),
  );
  if (strongest === undefined) return null;
  const { name, onValidation } = strongest;
  const { metric, difference, better } = onValidation;
  const evidence = {
    baseline: name,
    metric,
    difference: difference.value,
    low: difference.low,
    high: difference.high,
    better,
    least: LEAST_BETTER,
  };
  const drawn = `${String(Math.round(100 * better))} % of the draws of validation rows`;
  if (better >= LEAST_BETTER) {
    return {
      code: 'worse_than_baseline',
      severity: 'info',
      message: `The best network beats every baseline: ${name}, the strongest, in ${drawn} (${metric}).`,
      evidence,
      advice: '',
    };
  }
  return {
    code: 'worse_than_baseline',
    severity: 'warning',
    message: `The best network is not better than a simple model: it beats ${name} in ${drawn} (${metric}).`,
    evidence,
    advice:
      'Take the simple model ({"preset": "linear"}), or give the search more: more trials, a wider space, better features (preparation.enrich).',
  };
}

function constantOf(predictions: Predictions, target: FittedTarget): Predictions {
  if (predictions.kind === 'classes') {
    const priors = target.kind === 'classes' ? target.priors : [];
    const probabilities = predictions.probabilities.map((_, i) => priors[i % predictions.labels.length] ?? 0);
    return { ...predictions, probabilities };
  }
  const mean = target.kind === 'value' ? valueOf(target, target.preparedMean) : 0;
  return { ...predictions, predicted: predictions.actual.map(() => mean) };
}
