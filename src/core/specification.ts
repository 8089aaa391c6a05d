import type { JsonObject, JsonValue } from './json';
import type { Constraint, Objective, Task } from './metrics';

/** A JSON value in which holes of the search-space language may stand. */
export type Holed = JsonValue;

export interface SplitSettings {
  readonly method: 'holdout' | 'kfold';
  /** Shares of the rows, sum 1. k-fold: `test` is set aside first, the others follow from the folds. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** k-fold: 2..20; holdout: null. */
  readonly folds: number | null;
  readonly stratify: boolean;
  /** Column whose rows of one value stay in one part. */
  readonly group: string | null;
  /** Column in whose order the parts follow each other: training, validation, test. */
  readonly time: string | null;
  /** Defaults to a constant made from the dataset's hash, the target and the split's settings (semantics.md). */
  readonly seed: number;
}

/** `auto` is resolved before a study is stored: a name of a built strategy. */
export interface SearchSettings {
  readonly sampler: string | JsonObject;
  readonly pruner: string | JsonObject;
  readonly trials: number;
  readonly timeoutSeconds: number | null;
  /** Slots this study may use at once; `auto` means all of them. */
  readonly parallelism: number | 'auto';
  readonly seed: number;
  /** 0.1..10: a free slot goes to the study with the fewest running trials for its priority. */
  readonly priority: number;
  /** Studies whose trials this one begins with. */
  readonly warmStart: { readonly studies: readonly string[] } | null;
  readonly stop: StopSettings | null;
  /** Ask and tell: seconds after which a trial whose owner is silent is asked again; null: never. */
  readonly expireSeconds: number | null;
  /** Ask and tell: the largest step that a trial can report; null: nobody knows. */
  readonly maxSteps: number | null;
}

/** Ends the search early; null: not for this reason. */
export interface StopSettings {
  /** The best value is at least as good as this. */
  readonly value: number | null;
  /** So many trials have ended since the best one. */
  readonly plateauTrials: number | null;
}

/** `strict`: a check that fails ends the study. */
export type CheckMode = 'standard' | 'strict' | 'off';

export interface FinalSettings {
  readonly refit: 'none' | 'train+validation';
  /** Times as many epochs as the best trial had; from 1. */
  readonly trainLonger: number;
  /** Distinct trials whose outputs are averaged; 1..20. */
  readonly ensemble: number;
  /** Stages that are added at most; 0..20. */
  readonly boosting: number;
}

/** The whole resolved specification of a study, as it is stored and shown. */
export interface Specification {
  readonly name: string;
  readonly tags: readonly string[];
  readonly dataset: string;
  readonly target: string;
  /** Column of sample weights, which count in training alone. */
  readonly weight: string | null;
  readonly task: Task;
  /** `include` is the resolved list of the columns that are used, in the table's order. */
  readonly features: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  readonly split: SplitSettings;
  readonly preparation: { readonly [key: string]: Holed };
  readonly model: Holed;
  readonly training: { readonly [key: string]: Holed };
  readonly search: SearchSettings;
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
  readonly checks: CheckMode;
  readonly final: FinalSettings;
  readonly device: string;
  readonly engine: EngineRequest;
  readonly execution: 'internal';
}

/** A study whose trials its caller trains (ask and tell). */
export interface ExternalSpecification {
  readonly name: string;
  readonly tags: readonly string[];
  /** The document with holes. */
  readonly space: Holed;
  readonly search: SearchSettings;
  readonly objectives: readonly Objective[];
  readonly constraints: readonly Constraint[];
  readonly execution: 'external';
}

export type EngineRequest = 'auto' | 'compiled' | 'tensorflow' | 'wasm' | 'cpu';
export type EngineName = 'compiled' | 'tensorflow' | 'wasm' | 'cpu';

/** The three searchable sections without holes: what one trial runs. Presets are expanded to layers. */
export interface TrialConfig {
  readonly preparation: PreparationConfig;
  readonly model: ModelConfig;
  readonly training: TrainingConfig;
}

export interface PreparationConfig {
  readonly scale: 'standard' | 'minmax' | 'robust' | 'quantile' | 'none';
  /** Of numeric columns with a long tail in the training rows. */
  readonly longTails: 'auto' | 'none' | 'log' | 'yeo-johnson';
  /** `auto`: embedding where the training rows have more than 50 levels, else one-hot. */
  readonly categorical: 'auto' | 'one-hot' | 'ordinal' | 'embedding' | 'target';
  /**
   * Levels with a smaller share of the training rows are put together; 0..0.2. `auto`: 0.01, and of embedded columns
   * levels that fewer than five training rows have.
   */
  readonly rareLevels: 'auto' | number;
  readonly missing: MissingConfig;
  readonly dates: 'parts' | 'cycles' | 'none';
  readonly enrich: 'none' | 'products' | 'powers' | 'both';
  /** The most columns that enrichment adds; 1..4096. */
  readonly enrichLimit: number;
  /** The correlation above which a column goes, or false. */
  readonly dropRedundant: false | number;
  /** Components: a count from 1, or the share of variance, below 1; null: none. */
  readonly pca: number | null;
  readonly targetTransform: 'none' | 'standard' | 'log' | 'yeo-johnson';
  /** Null or left out where the data has no images. */
  readonly image?: ImageConfig | null;
}

export interface ImageConfig {
  /** [height, width], in pixels. */
  readonly size: readonly [number, number];
  readonly channels: 1 | 3;
}

export interface MissingConfig {
  readonly method: 'median' | 'mean' | 'most-frequent';
  /** Adds a 0/1 column for each numeric column that has missing values in the training rows. */
  readonly indicator: boolean;
}

export type ModelConfig = { readonly layers: readonly JsonObject[] } | { readonly topology: JsonObject };

export interface TrainingConfig {
  readonly optimizer: OptimizerConfig;
  /** > 0 */
  readonly learningRate: number;
  readonly schedule: ScheduleConfig;
  readonly batchSize: number;
  readonly epochs: number;
  readonly earlyStopping: { readonly patience: number; readonly minDelta: number } | null;
  readonly loss: LossName;
  /** `balanced` gives each class the same weight in all; an object names the weight of each label, 1 where it is left out. */
  readonly classWeights: 'none' | 'balanced' | Readonly<Record<string, number>>;
  /** Share of a target's weight that is spread evenly over all classes, 0..0.5. */
  readonly labelSmoothing: number;
  /** The largest norm of all gradients of a step together; null: they are left as they are. */
  readonly gradientClip: number | null;
  /** Null or left out: batches are as the data is. */
  readonly augmentation?: Augmentation | null;
}

/** Strengths of the changes of training batches; 0 or left out: none. `noise` is for tables, `mixup` for both, the others for images. */
export interface Augmentation {
  /** Standard deviation, in units of the prepared input. */
  readonly noise?: number;
  /** α of the Beta distribution that shares are drawn from. */
  readonly mixup?: number;
  /** Probability of mirroring left and right. */
  readonly flip?: number;
  /** Largest shift, as a share of the sides. */
  readonly shift?: number;
  /** Largest turn, in degrees. */
  readonly rotate?: number;
  /** Largest change of size: 0.2 is from 0.8 to 1.2. */
  readonly zoom?: number;
  /** Largest change, as a share of white. */
  readonly brightness?: number;
  /** Largest change of the spread around the image's mean: 0.2 is from 0.8 to 1.2. */
  readonly contrast?: number;
  /** Side of a square that is left out, as a share of the shorter side. */
  readonly cutout?: number;
}

/** How the learning rate changes; what a short form leaves out is written out. */
export type ScheduleConfig =
  | { readonly name: 'constant' }
  /** Times `factor` after every `every` epochs. */
  | { readonly name: 'step'; readonly every: number; readonly factor: number }
  /** Times `decay` after every epoch. */
  | { readonly name: 'exponential'; readonly decay: number }
  /** Up in a line over `warmupEpochs`, then down half a cosine to `floor` (a share of the learning rate) at the last epoch. */
  | { readonly name: 'cosine'; readonly warmupEpochs: number; readonly floor: number }
  /** Half cosines down to 0; the first takes `period` epochs, each `multiply` times as long as the one before. */
  | { readonly name: 'warmRestarts'; readonly period: number; readonly multiply: number }
  /** Times `factor` when `patience` epochs have not improved the objective. */
  | { readonly name: 'reduceOnPlateau'; readonly patience: number; readonly factor: number };

export type OptimizerName =
  'sgd' | 'momentum' | 'adam' | 'adamw' | 'rmsprop' | 'adagrad' | 'adamax' | 'adadelta';

/** `{"sgd": {"momentum": 0.9, "nesterov": true}}` becomes `{name: 'sgd', arguments: {...}}`. */
export interface OptimizerConfig {
  readonly name: OptimizerName;
  readonly arguments: Readonly<Record<string, number | boolean>>;
}

export type LossName = 'crossentropy' | 'focal' | 'mse' | 'mae' | 'huber' | 'logcosh';
