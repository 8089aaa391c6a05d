/** The shapes of requests and answers as the OpenAPI document shows them. */

/** A rule that the request breaks. */
export interface FieldProblem {
  /** Where: a field's path, a column, or a line of the file. */
  path: string;
  message: string;
}

/** RFC 9457 problem details, `application/problem+json`. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  /** What was wrong, where, and what to do. */
  detail: string;
  /** A stable machine word. */
  code: string;
  errors?: FieldProblem[];
  requestId?: string;
}

export interface ColumnView {
  name: string;
  type: 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'image';
  /** Rows without a value. */
  missing: number;
  distinct: number;
}

export interface DatasetView {
  /** @example "ds_01k0example0000000000000000" */
  id: string;
  name: string;
  format: string;
  bytes: number;
  sha256: string;
  rows: number;
  columns: ColumnView[];
  createdAt: string;
}

export interface DatasetPage {
  items: DatasetView[];
  /** Null at the end. */
  nextCursor: string | null;
}

export interface FindingView {
  /** A stable word, such as missing_values, target_leak or class_imbalance. */
  code: string;
  severity: 'info' | 'warning' | 'problem';
  message: string;
  /** The numbers that led to it. */
  evidence: unknown;
  /** What to do, and which field of a study does it. */
  advice: string;
}

export interface HistogramView {
  /** Counts lie between these; the last one has its upper edge. */
  edges: number[];
  counts: number[];
}

export interface NumberStatisticsView {
  mean: number;
  deviation: number;
  min: number;
  max: number;
  /** By their share: "0.5" is the median. */
  quantiles: Record<string, number>;
  skewness: number;
  histogram: HistogramView;
}

export interface LevelView {
  value: string;
  count: number;
}

export interface AssociationView {
  /** Pearson's, of two numbers. */
  correlation: number | null;
  /** η of a category and a number. */
  correlationRatio: number | null;
  /** Of two categories, corrected for bias. */
  cramersV: number | null;
  /** In nats. */
  mutualInformation: number | null;
}

export interface TextLengthView {
  mean: number;
  longest: number;
}

export interface ImageShapeView {
  height: number;
  width: number;
  channels: 1 | 3;
  /** What white was in the file: of arrays of fractions 1, else 255. */
  range: 1 | 255;
}

export interface ColumnAuditView {
  name: string;
  type: 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'image';
  missing: number;
  distinct: number;
  /** Of numbers, and of dates in milliseconds since 1970. */
  numbers: NumberStatisticsView | null;
  /** The most frequent ones of a category, boolean or text. */
  levels: LevelView[] | null;
  /** Characters of a text. */
  length: TextLengthView | null;
  /** The shape that images are stored in; `distinct` counts those of different pixels. */
  image: ImageShapeView | null;
  /** With the target; null of the target itself, and of images. */
  association: AssociationView | null;
}

export interface AuditView {
  /** Rows that were looked at: all, or of more than two million that many. */
  rows: number;
  /** Rows that there are; equal rows are looked for among all of them. */
  allRows: number;
  columns: ColumnAuditView[];
  /** The worst first. */
  findings: FindingView[];
}

export interface RowPage {
  /** Objects of column names and values; a missing value is null. */
  items: Record<string, unknown>[];
  nextCursor: string | null;
}

/**
 * What a study is made of. Only `dataset` and `target` are required. Any value under `preparation`, `model` and
 * `training` may be a hole of the search-space language: {"$choice": [..]}, {"$float": [low, high], "log": true},
 * {"$int": [low, high]}, {"$repeat": [low, high], "of": ..}, {"$ref": "name"}.
 * @example {"dataset": "ds_…", "target": "species", "training": {"learningRate": {"$float": [0.001, 0.03], "log": true}, "batchSize": {"$choice": [16, 32, 64]}, "epochs": 40}, "search": {"trials": 20, "seed": 7}}
 */
export interface StudyRequest {
  /** Id of a dataset; required unless `execution` is external. */
  dataset?: string;
  /** Name of the column to predict; required unless `execution` is external. */
  target?: string;
  /** Up to 200 characters; the dataset's name when left out. */
  name?: string;
  /** Up to 20 texts of up to 60 characters. */
  tags?: string[];
  /** auto, binary, multiclass or regression. */
  task?: string;
  /** Name of a numeric column, 0 or more: what each row counts for. */
  weight?: string;
  /** {"include": [columns], "exclude": [columns]}; all columns that can be used when left out. */
  features?: unknown;
  /** {"method": "holdout", "train": 0.6, "validation": 0.2, "test": 0.2, "stratify": true | false | null, "group": column, "time": column, "seed": 1} */
  split?: unknown;
  /**
   * {"scale": "standard" | "minmax" | "robust" | "quantile" | "none", "longTails": "auto" | "none" | "log" | "yeo-johnson",
   * "categorical": "auto" | "one-hot" | "ordinal" | "embedding" | "target", "rareLevels": "auto" or 0..0.2,
   * "missing": "auto" | "median" | "mean" | "most-frequent" or {"method", "indicator"}, "dates": "cycles" | "parts" | "none", "enrich": "none" | "products" | "powers" | "both", "enrichLimit": 64, "dropRedundant": false or a
   * correlation, "pca": null, a count or a share, "targetTransform": "standard" | "log" | "yeo-johnson" | "none"}
   */
  preparation?: unknown;
  /** {"preset": "dense" | "linear"}, {"layers": [{"dense": {"units": 64, "activation": "relu"}}]} or {"topology": model.toJSON()} */
  model?: unknown;
  /** {"optimizer", "learningRate", "batchSize", "epochs", "earlyStopping": {"patience", "minDelta"} | null, "loss"} */
  training?: unknown;
  /** {"sampler": "auto" or a name, "pruner": "auto" | "none" | "median" | "percentile" | "threshold" | "patient" | "asha" | "hyperband" or {name: options}, "trials": 50, "timeoutSeconds": 600, "parallelism": "auto", "seed": 7} */
  search?: unknown;
  /** 1 to 4 of {"metric": "validation.logLoss", "direction": "minimize"}; also "model.parameters" and "trial.durationMs". Two or more make a Pareto study. */
  objectives?: unknown;
  /** [{"metric": "model.parameters", "min": 0, "max": 100000}]: trials that keep them come first. */
  constraints?: unknown;
  /** standard, strict or off: sanity checks before the search; with strict one that fails ends the study. */
  checks?: string;
  /** {"refit": "none" | "train+validation", "trainLonger": 1, "ensemble": 1..20, "boosting": 0..20}: how the final model is made; `refit` defaults to "train+validation" with k-fold. */
  final?: unknown;
  /** auto, or a device of GET /v1/system. */
  device?: string;
  /** auto, compiled, tensorflow, wasm or cpu. */
  engine?: string;
  /** internal, or external: the caller trains (ask and tell), and gives a `space` instead of a dataset. */
  execution?: string;
  /** With external execution: any document with holes. */
  space?: unknown;
  /** false keeps the study `created` until POST …/start. */
  start?: boolean;
}

export interface ProgressView {
  /** checks, search or final while the study runs. */
  phase: string | null;
  waiting: number;
  running: number;
  completed: number;
  pruned: number;
  failed: number;
  cancelled: number;
  /** The budget in trials. */
  total: number | null;
}

export interface BestView {
  trial: number;
  values: number[];
}

export interface ErrorView {
  code: string;
  message: string;
}

export interface StudyView {
  id: string;
  name: string;
  state: 'created' | 'running' | 'paused' | 'completed' | 'stopped' | 'failed';
  /** Dataset, target and task are null where the caller trains. */
  dataset: string | null;
  target: string | null;
  task: 'binary' | 'multiclass' | 'regression' | null;
  /** The whole resolved specification: every field of a study with the value that was chosen. */
  spec: unknown;
  /** The holes: {name, path, kind, low, high, log, step, options, condition}. */
  space: unknown[];
  /** Why this study has the sampler that `spec.search.sampler` names; null where it was simply asked for. */
  samplerReason: string | null;
  progress: ProgressView;
  best: BestView | null;
  stopReason: string | null;
  lastEventId: number;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  error: ErrorView | null;
}

export interface StudyPage {
  items: StudyView[];
  nextCursor: string | null;
}

export interface TuneAnswer {
  dataset: DatasetView;
  study: StudyView;
}

export interface ImportanceAnswer {
  study: string;
  method: 'fanova' | 'ped-anova';
  /** The objective's metric. */
  objective: string;
  /** Completed trials that it was computed from. */
  trials: number;
  /** By the holes' names; they sum to 1. */
  importances: Record<string, number>;
}

/** @example {"trials": 100} */
export interface ExtendRequest {
  /** The new budget in all, more than the present one. */
  trials?: number;
  /** The new limit of running time in all, in seconds. */
  timeoutSeconds?: number | null;
}

export interface PartMetrics {
  /** Metrics of the training part; null while there are none. */
  train: Record<string, number | null> | null;
  validation: Record<string, number | null> | null;
}

export interface EpochView {
  epoch: number;
  train: Record<string, number | null>;
  validation: Record<string, number | null>;
}

export interface TrialView {
  number: number;
  state: 'waiting' | 'running' | 'completed' | 'pruned' | 'failed' | 'cancelled';
  /** Each hole's name and value. */
  params: Record<string, unknown>;
  /** The filled document. */
  config: unknown;
  seed: number;
  values: number[] | null;
  metrics: PartMetrics;
  epochs: number;
  bestEpoch: number | null;
  parameters: number | null;
  startedAt: string | null;
  finishedAt: string | null;
  durationMs: number | null;
  device: string | null;
  /** compiled, tensorflow, wasm or cpu: which trained it. */
  engine: string | null;
  engineReason: string | null;
  attempts: number;
  error: ErrorView | null;
  /** With one trial, and in lists with include=curve. */
  curve?: EpochView[];
}

export interface TrialPage {
  items: TrialView[];
  nextCursor: string | null;
}

/**
 * A point of the space; holes that are left out are drawn.
 * @example {"params": {"training.learningRate": 0.01}}
 */
export interface EnqueueRequest {
  params: Record<string, unknown>;
}

/** @example {"count": 1} */
export interface AskRequest {
  /** How many trials, 1 to 1000; 1 when left out. */
  count?: number;
}

export interface AskedTrialView {
  number: number;
  /** To be sent along with reports and the end: a trial that has expired meanwhile is told apart by it. */
  attempt: number;
  params: Record<string, unknown>;
  /** The space, filled. */
  config: unknown;
}

export interface AskAnswer {
  trials: AskedTrialView[];
  /** The budget is spent: asking again brings nothing. */
  done: boolean;
  /** When to ask again, where there is nothing now; else null. */
  retryAfterSeconds: number | null;
}

/** @example {"step": 3, "values": [0.41]} */
export interface ReportRequest {
  /** From 0, in ascending order. */
  step: number;
  /** One for each objective; null stands for a value that is not finite. */
  values: (number | null)[];
  attempt?: number;
}

export interface ReportAnswer {
  /** Stop the trial now, and tell `pruned`. */
  prune: boolean;
}

/** @example {"attempt": 1} */
export interface HeartbeatRequest {
  attempt?: number;
}

/** @example {"state": "completed", "values": [0.39]} */
export interface TellRequest {
  state: 'completed' | 'pruned' | 'failed';
  /** One for each objective. A pruned trial may leave them out: its last report stands. */
  values?: (number | null)[];
  /** Why it failed. */
  error?: string;
  attempt?: number;
}

export interface TensorView {
  name: string;
  shape: (number | null)[];
  dtype: string;
}

export interface FileView {
  name: string;
  bytes: number;
  sha256: string;
}

export interface ModelMetrics extends PartMetrics {
  /** Measured once, for this model. */
  test: Record<string, number | null> | null;
}

export interface ModelView {
  id: string;
  study: string;
  trial: number;
  task: string;
  inputs: TensorView[];
  outputs: TensorView[];
  metrics: ModelMetrics;
  parameters: number;
  files: FileView[];
  createdAt: string;
}

export interface ModelPage {
  items: ModelView[];
  nextCursor: string | null;
}

export interface BestAnswer {
  trial: TrialView;
  /** Null while the study runs. */
  model: ModelView | null;
}

/**
 * Raw rows by column name; a column that is left out or null is a missing value.
 * @example {"rows": [{"Island": "Biscoe", "Beak Length (mm)": 46.1, "Beak Depth (mm)": 13.2, "Flipper Length (mm)": 211, "Body Mass (g)": 4500, "Sex": "FEMALE"}]}
 */
export interface PredictRequest {
  rows: Record<string, unknown>[];
}

export interface PredictionView {
  /** The label in its own type, or the value in the target's units. */
  value: unknown;
  probabilities?: Record<string, number>;
}

export interface PredictAnswer {
  predictions: PredictionView[];
}

export interface EngineView {
  name: string;
  version: string | null;
  available: boolean;
  reason: string | null;
  devices: string[];
}

export interface SlotView {
  device: string;
  state: 'idle' | 'busy' | 'starting';
  study: string | null;
  trial: number | null;
}

export interface SystemView {
  version: string;
  engines: EngineView[];
  devices: string[];
  slots: SlotView[];
}

export interface PresetView {
  name: string;
  description: string;
  tasks: string[];
  /** What `model` may be instead of the preset's name: a document to copy and change. */
  document: unknown;
}

export interface PresetList {
  items: PresetView[];
}
