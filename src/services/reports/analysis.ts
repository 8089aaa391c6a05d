import type { Objective } from '../../core/metrics';
import type { DataJob, PredictionResult } from '../../core/job';
import type { RowObject } from '../../core/dataset';
import type { MetricIntervals, Predictions } from '../../core/predictions';
import { openRawRows, openTable, parsePreparation, valueOf, type FittedTarget } from '../../datasets';
import {
  analyseErrors,
  compare,
  confidenceOf,
  scoreRows,
  type ErrorAnalysis,
  type FeatureColumn,
  type PairedComparison,
  type ResamplingUnit,
} from '../../insight';

/** What the analysis of the best trial's predictions is made of. */
export interface AnalysisRequest {
  readonly data: DataJob;
  readonly predictions: PredictionResult;
  /** `preprocessing.json` of the model. */
  readonly preprocessing: string;
  readonly objective: Objective;
  readonly seed: number;
}

export interface BaselineComparison {
  readonly name: string;
  /** Metrics of the baseline on the test part. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** The model against it, on the same test rows. */
  readonly comparison: PairedComparison;
}

export interface Analysis {
  readonly errorAnalysis: Omit<ErrorAnalysis, 'worst'> & {
    readonly worst: readonly (ErrorAnalysis['worst'][number] & { readonly values: RowObject })[];
  };
  /** Of the test part. */
  readonly confidence: MetricIntervals;
  readonly resampling: ResamplingUnit['kind'];
  /** Of the validation part: optimistic, because the trial was chosen by it. */
  readonly validationConfidence: MetricIntervals;
  readonly baselines: readonly BaselineComparison[];
}

/** Everything that is told of a model's errors, from its predictions and the table's rows. Runs in the analysts' pool. */
export async function analyse(request: AnalysisRequest): Promise<Analysis> {
  const { data, predictions, objective, seed } = request;
  const raw = await openRawRows(data);
  const table = await openTable(data.table.folder);
  const columns = [...raw.columns].map(([name, column]): FeatureColumn => {
    const { rows } = predictions.validation;
    return column.kind === 'numbers'
      ? { kind: 'numbers', name, values: Float64Array.from(rows, (row) => column.values[row] ?? NaN) }
      : {
          kind: 'codes',
          name,
          values: Int32Array.from(rows, (row) => column.values[row] ?? -1),
          levels: column.levels,
        };
  });
  const { validation, test, importance } = predictions;
  const errors = analyseErrors(validation, test, columns, importance, seed);
  const worst = await Promise.all(
    errors.worst.map(async (row) => {
      const [values = {}] = await table.rows(row.row, row.row + 1);
      return { ...row, values };
    }),
  );
  const unit = await unitOf(data, test.rows);
  return {
    errorAnalysis: { ...errors, worst },
    confidence: confidenceOf(scoreRows(test), unit, seed),
    resampling: unit.kind,
    validationConfidence: confidenceOf(scoreRows(validation), await unitOf(data, validation.rows), seed),
    baselines: [knowingNothing(request, unit, objective)],
  };
}

/** Rows of one group are drawn together, and rows that follow in time as blocks. */
async function unitOf({ table, split }: DataJob, rows: Uint32Array): Promise<ResamplingUnit> {
  if (split.group === null && split.time === null) return { kind: 'rows' };
  const opened = await openTable(table.folder);
  if (split.group !== null) {
    const codes = await opened.codes(split.group);
    return { kind: 'groups', groups: Int32Array.from(rows, (row) => codes[row] ?? -1) };
  }
  const times = await opened.numbers(split.time ?? '');
  const order = Uint32Array.from(rows, (_, i) => i).sort(
    (a, b) => (times[rows[a] ?? 0] ?? 0) - (times[rows[b] ?? 0] ?? 0),
  );
  return { kind: 'blocks', order };
}

/** The class shares, or the mean, of the training rows, said of every test row. */
function knowingNothing(
  { predictions, preprocessing, seed }: AnalysisRequest,
  unit: ResamplingUnit,
  { metric, direction }: Objective,
): BaselineComparison {
  const { target } = parsePreparation(preprocessing);
  const baseline = scoreRows(constantOf(predictions.test, target));
  const model = scoreRows(predictions.test);
  const metrics = baseline.measure(null);
  const wanted = metric.slice('validation.'.length);
  const known = wanted in metrics ? { metric: wanted, direction } : plainObjective(predictions.test);
  return {
    name: target.kind === 'classes' ? 'class shares' : 'mean',
    metrics,
    comparison: compare(model, baseline, known, unit, seed),
  };
}

/** Stands in where the objective is the training loss or none of the metrics. */
function plainObjective({ kind }: Predictions): { metric: string; direction: 'minimize' } {
  return { metric: kind === 'classes' ? 'logLoss' : 'mse', direction: 'minimize' };
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
