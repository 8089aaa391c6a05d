import type { Audit } from '../datasets';
import type { Dataset, DatasetFormat, RowObject } from '../core/dataset';
import type { EngineStatus, SlotStatus } from '../core/job';
import type { JsonObject, JsonValue } from '../core/json';
import type { Model } from '../core/model';
import type { Task } from '../core/metrics';
import type { Page, PageRequest, StorageSession, TrialFilter } from '../core/storage';
import type { BestTrial, Progress, StopReason, StudyEvent, StudyEventType, StudyState } from '../core/study';
import type { ExternalSpecification, Specification } from '../core/specification';
import type { Params, Trial, TrialWithCurve } from '../core/trial';
import type { ImportanceMethod } from '../insight';

/**
 * Runs in the transaction that makes or changes a resource, so that what it stores (the answer to an
 * idempotent request) cannot be split from it by a crash.
 */
export type InTransaction<T> = (session: StorageSession, resource: T) => void;

/** The study as the API shows it. */
export interface Study {
  readonly id: string;
  readonly name: string;
  readonly state: StudyState;
  /** Null where the caller trains. */
  readonly dataset: string | null;
  readonly target: string | null;
  readonly task: Task | null;
  readonly spec: Specification | ExternalSpecification;
  readonly space: readonly JsonValue[];
  /** Why it has the sampler that `spec.search.sampler` names; null where it was asked for and does what it says. */
  readonly samplerReason: string | null;
  readonly progress: Progress;
  readonly best: BestTrial | null;
  readonly stopReason: StopReason | null;
  readonly lastEventId: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface UploadedTable {
  /** Where the upload lies; the service takes it away when it is done, whatever happens. */
  readonly path: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly name: string | null;
  readonly format: DatasetFormat | 'auto';
}

export interface DatasetService {
  create(upload: UploadedTable, also?: InTransaction<Dataset>): Promise<Dataset>;
  list(page: PageRequest): Page<Dataset>;
  get(id: string): Dataset;
  delete(id: string): Promise<void>;
  /** `cursor` is opaque. */
  rows(id: string, page: PageRequest): Promise<Page<RowObject>>;
  /** What the table shows before anything is trained. `target` null: nothing is held against a target. */
  audit(id: string, target: string | null): Promise<Audit>;
}

export interface StudyService {
  /** `body` is the parsed JSON of POST /v1/studies, unchecked. */
  create(body: unknown, also?: InTransaction<Study>): Promise<Study>;
  /** One call: dataset and study; neither is kept when the other fails. `spec` is parsed JSON or null. */
  tune(
    upload: UploadedTable,
    target: string,
    spec: unknown,
    also?: InTransaction<{ dataset: Dataset; study: Study }>,
  ): Promise<{ dataset: Dataset; study: Study }>;
  list(page: PageRequest): Page<Study>;
  get(id: string): Study;
  /** Resolves when the study has ended, after `seconds`, or when `signal` aborts. */
  wait(id: string, seconds: number, signal: AbortSignal): Promise<Study>;
  start(id: string, also?: InTransaction<Study>): Promise<Study>;
  pause(id: string, also?: InTransaction<Study>): Promise<Study>;
  resume(id: string, also?: InTransaction<Study>): Promise<Study>;
  stop(id: string, also?: InTransaction<Study>): Promise<Study>;
  extend(id: string, body: unknown, also?: InTransaction<Study>): Promise<Study>;
  delete(id: string): Promise<void>;
  /** The whole story as JSON text, or as one page of HTML. */
  report(id: string, format: 'json' | 'html'): Promise<string>;
  best(id: string): { readonly trial: TrialWithCurve; readonly model: Model | null };
}

export interface Importance {
  readonly study: string;
  readonly method: ImportanceMethod;
  /** The objective's metric. */
  readonly objective: string;
  /** Trials that it was computed from. */
  readonly trials: number;
  /** By the holes' names; they sum to 1. */
  readonly importances: Readonly<Record<string, number>>;
}

export interface TrialService {
  list(
    study: string,
    filter: TrialFilter,
    page: PageRequest,
    withCurve: boolean,
  ): Page<Trial | TrialWithCurve>;
  get(study: string, number: number): TrialWithCurve;
  /** The completed trials that no other dominates, feasible ones where there are any, by number. */
  pareto(study: string, page: PageRequest): Page<Trial>;
  /** How much of the values each hole explains. @param objective index of the objective */
  importance(study: string, method: ImportanceMethod, objective: number): Promise<Importance>;
  /** `body` is `{"params": {…}}`, unchecked. */
  enqueue(study: string, body: unknown, also?: InTransaction<Trial>): Promise<Trial>;
  stop(study: string, number: number, also?: InTransaction<Trial>): Promise<Trial>;
  createModel(study: string, number: number, also?: InTransaction<Model>): Promise<Model>;
  /** The table of trials as CSV text, in chunks; cells that begin with = + - @ (and are no number) are prefixed. */
  csv(study: string): AsyncIterable<string>;
}

/** Trials that a caller is to train. */
export interface Asked {
  readonly trials: readonly {
    readonly number: number;
    readonly attempt: number;
    readonly params: Params;
    readonly config: JsonValue;
  }[];
  /** The budget is spent: asking again brings nothing. */
  readonly done: boolean;
  /** When to ask again, where there is nothing now; else null. */
  readonly retryAfterSeconds: number | null;
}

/** Ask and tell; bodies are unchecked. */
export interface ExternalService {
  ask(study: string, body: unknown, also?: InTransaction<Asked>): Promise<Asked>;
  report(
    study: string,
    number: number,
    body: unknown,
    also?: InTransaction<{ prune: boolean }>,
  ): Promise<{ prune: boolean }>;
  heartbeat(study: string, number: number, body: unknown): void;
  tell(study: string, number: number, body: unknown, also?: InTransaction<Trial>): Promise<Trial>;
}

export interface EventService {
  /** Stored events after `after`, oldest first. */
  read(
    study: string,
    after: number,
    limit: number,
    types: readonly StudyEventType[] | null,
  ): readonly StudyEvent[];
  last(study: string): number;
  /** `listener` is called after each commit that added events to the study; returns the way to stop it. */
  subscribe(study: string, listener: () => void): () => void;
  /** True when no further event will come. */
  isOver(study: string): boolean;
}

export interface Prediction {
  readonly value: string | number | boolean | null;
  readonly probabilities?: Readonly<Record<string, number>>;
}

export interface ModelService {
  list(study: string | null, page: PageRequest): Page<Model>;
  get(id: string): Model;
  delete(id: string): Promise<void>;
  /** `name` is one of the model's files. */
  file(
    id: string,
    name: string,
  ): Promise<{ readonly path: string; readonly bytes: number; readonly sha256: string }>;
  bundle(id: string): Promise<NodeJS.ReadableStream>;
  /** `body` is `{"rows": […]}`, unchecked. */
  predict(id: string, body: unknown): Promise<{ readonly predictions: readonly Prediction[] }>;
  /**
   * The network as an ONNX model, or the network between its preparation and what its output means.
   * @throws NotFoundError `file_not_found` with the reason where ONNX cannot express it
   */
  onnx(id: string, name: OnnxFile): Promise<Uint8Array>;
}

export type OnnxFile = 'model.onnx' | 'pipeline.onnx';

export interface SystemService {
  status(): {
    readonly version: string;
    readonly engines: readonly EngineStatus[];
    readonly devices: readonly string[];
    readonly slots: readonly SlotStatus[];
  };
  /** Trials of all running studies that wait for a slot. */
  waitingTrials(): number;
  presets(): readonly JsonObject[];
  /** Null when ready, else why not. */
  notReady(): string | null;
}

export interface IdempotencyService {
  /**
   * Claims the key. Returns the stored answer when there is one.
   * @throws ConflictError `idempotency_in_progress`, InvalidError `idempotency_key_reused`
   */
  begin(
    scope: string,
    bodyHash: string,
  ): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: JsonObject;
  } | null>;
  /** Stores a 422 answer, or forgets the claim after any other failure. */
  fail(scope: string, status: number, body: JsonObject): Promise<void>;
}

export interface Services {
  readonly datasets: DatasetService;
  readonly studies: StudyService;
  readonly trials: TrialService;
  readonly external: ExternalService;
  readonly events: EventService;
  readonly models: ModelService;
  readonly system: SystemService;
  readonly idempotency: IdempotencyService;
}
