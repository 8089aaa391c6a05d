import type { CheckMeasurements } from './checks';
import type { Metrics, Objective, Part, Task } from './metrics';
import type { EngineName, EngineRequest, SplitSettings, TrialConfig } from './specification';
import type { EpochReport, TrialError } from './trial';
import type { TensorDescription } from './model';
import type { Predictions } from './predictions';
import type { VerdictSteps } from './verdict-steps';

/**
 * Everything that decides what rows and columns a trial sees. With `config.preparation` it is the key of the
 * prepared table, which is made once per worker process, whatever the number of trials.
 */
export interface DataJob {
  /** Folder of the parsed columns and the hash of the file they came from. */
  readonly table: { readonly folder: string; readonly sha256: string };
  readonly target: string;
  readonly task: Task;
  /** Columns used, in the table's order. */
  readonly features: readonly string[];
  /** Class labels in the order of the outputs (binary: [negative, positive]); null for regression. */
  readonly labels: readonly string[] | null;
  readonly split: SplitSettings;
  /** Column of sample weights; left out or null: all rows count the same. */
  readonly weight?: string | null;
  /**
   * Which fold of a k-fold split is validation, from 0 (left out: 0, which is all of a holdout). `all`: training sees
   * everything but the test part and validation is empty, as for a refit.
   */
  readonly fold?: number | 'all';
}

export interface TrialJob {
  /** Unique per start of a trial: `<study>/<trial>/<run>`. */
  readonly id: string;
  readonly study: string;
  readonly trial: number;
  /** The trial's seed. */
  readonly seed: number;
  readonly data: DataJob;
  readonly config: TrialConfig;
  /** The first objective: it decides best epoch, early stopping and the pruner's view. */
  readonly objective: Objective;
  /** Epochs at which the worker waits for the pruner's verdict; null: never. */
  readonly verdicts: VerdictSteps | null;
  readonly engine: EngineRequest;
  /** Fixed at the trial's first start; null: any device of the slot. */
  readonly device: string | null;
  /** Run in a worker process of its own, because a process was lost while this trial ran. */
  readonly isolated: boolean;
  /** File of the checkpoint that the trial goes on from; null: it begins. */
  readonly checkpoint: string | null;
  /** A checkpoint is sent after the first epoch that ends so long after the last one, in milliseconds. */
  readonly checkpointMs: number;
}

/**
 * `prune` ends a trial; `pause` ends the job with a checkpoint, from which another goes on when the trial turns out to be
 * among the best.
 */
export type Decision = 'continue' | 'prune' | 'pause';

/** A network as TensorFlow.js stores it: `model.json` (weights manifest naming `weights.bin` included) and the weights. */
export interface NetworkArtifact {
  readonly modelJson: string;
  readonly weights: Uint8Array;
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  readonly parameters: number;
  /** `preprocessing.json`: the fitted preparation, as the datasets room serialises it. */
  readonly preprocessing: string;
}

export interface TrialStarted {
  readonly device: string;
  readonly engine: EngineName;
  readonly engineReason: string | null;
  readonly parameters: number;
}

interface Trained {
  readonly epochs: number;
  readonly bestEpoch: number;
  /** Value of the objective at `bestEpoch`. */
  readonly value: number;
  /** Metrics at `bestEpoch`, with the best weights. */
  readonly metrics: { readonly train: Metrics; readonly validation: Metrics; readonly deviation?: Metrics };
}

export type TrialOutcome =
  /** `network` is null of a k-fold trial: there is one a fold, and none is the trial's. */
  | (Trained & { readonly state: 'completed'; readonly network: NetworkArtifact | null })
  | { readonly state: 'pruned' | 'cancelled' }
  | { readonly state: 'failed'; readonly error: TrialError };

/** How a job ends: with its trial, or without. */
export type JobOutcome =
  | TrialOutcome
  /** `checkpoint` is of the last epoch that was reported. */
  | { readonly state: 'paused'; readonly checkpoint: Uint8Array }
  /** Its checkpoint cannot be gone on from: the trial has to begin anew. Nothing was reported. */
  | { readonly state: 'unresumable'; readonly reason: string };

/** Measures a stored network on one part of the data. */
export interface EvaluationJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  readonly network: NetworkBytes;
  readonly part: Part;
}

/** A network as it is stored, without its description. */
export interface NetworkBytes {
  readonly modelJson: string;
  readonly weights: Uint8Array;
  /** How its inputs are made; left out: as the job prepares them. */
  readonly preprocessing?: string;
}

/** What a stored network says of the validation rows. */
export interface ValidationJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  readonly network: NetworkBytes;
}

/** The same of the test rows too. */
export interface PredictionJob extends ValidationJob {
  /** Also measures how much worse the validation loss gets when one raw column at a time is shuffled. */
  readonly importance: boolean;
  readonly seed: number;
}

export interface PredictionResult {
  readonly validation: Predictions;
  readonly test: Predictions;
  readonly importance: readonly PermutationImportance[] | null;
}

/** Growth of the mean error of a row (log loss; squared error in the target's units) when a column is shuffled. */
export interface PermutationImportance {
  readonly feature: string;
  /** Mean over the repeats. */
  readonly importance: number;
  /** Standard deviation over the repeats. */
  readonly deviation: number;
}

/** What the sanity checks before a search are made on: one network from the middle of the study's space. */
export interface CheckJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  readonly seed: number;
  readonly engine: EngineRequest;
}

/** Asks what knowing nothing is worth. */
export interface ChanceJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
}

/** Loss of always saying the class shares of the training rows, or their mean, in the units of training; null without rows. */
export interface ChanceLosses {
  readonly train: number | null;
  readonly validation: number | null;
}

/** Makes one network of several: the mean of what they give. Each takes its inputs as its own preparation makes them. */
export interface AverageJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  readonly networks: readonly (NetworkBytes & Pick<NetworkArtifact, 'preprocessing'>)[];
  /** [networks]: how often each counts in the mean, ≥ 1. */
  readonly counts: readonly number[];
}

/** Adds stages to a network, each fitted to the gradient of the loss that those before it leave. */
export interface BoostJob {
  readonly id: string;
  readonly data: DataJob;
  /** Of the network: its preparation and its loss. */
  readonly config: TrialConfig;
  readonly network: NetworkBytes;
  /** At most; those after the least validation loss are left out. */
  readonly stages: number;
  readonly seed: number;
  readonly engine: EngineRequest;
}

export interface BoostResult {
  /** Stages that were kept. */
  readonly stages: number;
  /** Validation loss before the first stage and after each that was tried. */
  readonly validation: readonly number[];
  /** Null where no stage lowered the validation loss. */
  readonly network: NetworkArtifact | null;
}

/** Trains simple models that every network should beat. */
export interface BaselineJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  readonly seed: number;
  readonly engine: EngineRequest;
}

export interface BaselinePredictions {
  readonly name: string;
  readonly validation: Predictions;
  readonly test: Predictions;
}

/** Trains a network outside the search: nothing is reported on the way, and nothing prunes it. */
export interface FitJob {
  readonly id: string;
  readonly data: DataJob;
  readonly config: TrialConfig;
  readonly seed: number;
  readonly engine: EngineRequest;
  /** `validation.<metric>` that decides the best epoch; null: the weights after the last epoch stand. */
  readonly objective: { readonly metric: string; readonly direction: 'minimize' | 'maximize' } | null;
  /** Share of the training rows that are used, in (0, 1]: the first of an order that belongs to the seed. */
  readonly trainShare: number;
  /** Validation rows that are measured at most, evenly spaced, ≥ 1; left out: all. */
  readonly mostValidationRows?: number;
  /** Whether the network itself comes back, or its figures alone. */
  readonly keepNetwork: boolean;
}

export interface FitResult {
  readonly trainRows: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly metrics: { readonly train: Metrics; readonly validation: Metrics | null };
  readonly curve: readonly EpochReport[];
  readonly network: NetworkArtifact | null;
}

/** Work of a study beside its trials, done in a worker and answered once. */
export interface StudyTasks {
  readonly check: { readonly job: CheckJob; readonly result: CheckMeasurements };
  readonly chance: { readonly job: ChanceJob; readonly result: ChanceLosses };
  readonly average: { readonly job: AverageJob; readonly result: NetworkArtifact };
  readonly baselines: { readonly job: BaselineJob; readonly result: readonly BaselinePredictions[] };
  readonly boost: { readonly job: BoostJob; readonly result: BoostResult };
  readonly validate: { readonly job: ValidationJob; readonly result: Predictions };
  readonly evaluate: { readonly job: EvaluationJob; readonly result: Metrics };
  readonly predict: { readonly job: PredictionJob; readonly result: PredictionResult };
  readonly fit: { readonly job: FitJob; readonly result: FitResult };
}

export type StudyTaskKind = keyof StudyTasks;
export type TaskJob<Kind extends StudyTaskKind = StudyTaskKind> = StudyTasks[Kind]['job'];
export type TaskResult<Kind extends StudyTaskKind = StudyTaskKind> = StudyTasks[Kind]['result'];

export interface SlotStatus {
  readonly device: string;
  readonly state: 'idle' | 'busy' | 'starting';
  readonly study: string | null;
  readonly trial: number | null;
}

export interface EngineStatus {
  readonly name: EngineName;
  readonly version: string | null;
  readonly available: boolean;
  readonly reason: string | null;
  readonly devices: readonly string[];
}

/** What the scheduler hears. Calls come one at a time, in the order things happened. */
export interface TransportListener {
  started(job: string, details: TrialStarted): void;
  /** Epochs in order, each once. With `waiting` the worker stands at the last of them until `verdict` is called. */
  epochs(job: string, reports: readonly EpochReport[], waiting: boolean): void;
  /** Where the job stands after an epoch that was reported before. */
  checkpoint(job: string, epoch: number, checkpoint: Uint8Array): void;
  finished(job: string, outcome: JobOutcome): void;
  /**
   * The process these jobs ran in is gone; they report no more. `alone`: it ran nothing else, so the one job
   * is charged an attempt.
   */
  lost(jobs: readonly string[], alone: boolean, reason: string): void;
  /** A slot has become free, or workers have come or gone: time to hand out work. */
  slotsChanged(): void;
}

/** The port through which the scheduler drives workers; nothing above it knows whether they are local. */
export interface TrialTransport {
  listen(listener: TransportListener): void;
  /** Resolves when the first worker is up. */
  start(): Promise<void>;
  /** False before the first worker is up and while none is. */
  ready(): boolean;
  slots(): readonly SlotStatus[];
  engines(): readonly EngineStatus[];
  /** Slots that could take a job now (`device` null: any). An isolated job also takes one slot's place. */
  free(device: string | null): number;
  /** Takes a free slot at once. @throws InternalError `no_free_slot` */
  run(job: TrialJob): void;
  verdict(job: string, epoch: number, decision: Decision): void;
  /**
   * Idempotent; `finished` with `cancelled` (or another outcome that was faster) follows within a second. A task that
   * is being performed is rejected with ConflictError `cancelled`, where it looks before its end.
   */
  cancel(job: string): void;
  /**
   * Waits for a free slot, survives a lost worker once.
   * @param began called when it has a slot; after a lost worker once more
   * @throws TuneloomError what the task throws in the worker
   */
  perform<Kind extends StudyTaskKind>(
    kind: Kind,
    job: TaskJob<Kind>,
    began?: () => void,
  ): Promise<TaskResult<Kind>>;
  /** Ends all workers within `graceMs`; running jobs report nothing more. */
  close(graceMs: number): Promise<void>;
}
