import type { StoredDataset } from './dataset';
import type { JsonObject } from './json';
import type { Model } from './model';
import type { EventData, StudyEvent, StudyEventType, StudyRecord, StudyState, TrialCounts } from './study';
import type { EpochReport, Trial, TrialState } from './trial';

/** A page of a list; `nextCursor` is null at the end. Cursors are opaque to clients, and checked. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  /** 1..500 */
  readonly limit: number;
  readonly cursor: string | null;
}

/** A trial as it is stored: the resource plus what recovery and scheduling need. */
export interface StoredTrial extends Trial {
  readonly study: string;
  /** Starts so far, charged or not: the `<run>` of its job id. */
  readonly run: number;
  /** Lost together with others: it runs next in a process of its own. */
  readonly isolated: boolean;
  readonly enqueued: boolean;
  /** Order of completion within the study; null while unfinished. */
  readonly finishedOrder: number | null;
  /** When it first stood at a rung, in the same count; null: it never did. */
  readonly rungOrder: number | null;
  /** Blobs of the best weights; null where there are none. */
  readonly network: StoredNetwork | null;
  /** Where the next start goes on from; null: at the beginning. */
  readonly checkpoint: StoredCheckpoint | null;
  /** Since when it stands at a rung, without a slot; null: it does not. */
  readonly pausedAt: string | null;
  /** How long it has stood at rungs before, and waited to run again after a lost process, in milliseconds. */
  readonly idleMs: number;
  /** When its worker last spoke of it, or was lost; null where none has. */
  readonly lastSignAt: string | null;
}

export interface StoredCheckpoint {
  readonly sha256: string;
  /** The last epoch (k-fold: fold) that is in it. */
  readonly epoch: number;
  readonly bytes: number;
}

/** A finished trial of another study as the sampler of this one sees it. */
export interface PriorTrial {
  readonly params: Trial['params'];
  readonly values: readonly number[];
  readonly constraintViolation: number | null;
}

export interface StoredNetwork {
  readonly modelJson: string; // sha256 of each blob
  readonly weights: string;
  readonly preprocessing: string;
  readonly bytes: { readonly modelJson: number; readonly weights: number; readonly preprocessing: number };
  readonly inputs: Model['inputs'];
  readonly outputs: Model['outputs'];
}

export type TrialSort = 'number' | '-number' | 'value' | '-value';

/**
 * The writer's view of the database. Methods that write may be called only inside {@link Storage.write};
 * reads may be called anywhere and see committed data (inside a write, also its own changes).
 */
export interface StorageSession {
  insertDataset(dataset: StoredDataset): void;
  dataset(id: string): StoredDataset | null;
  datasets(page: PageRequest): Page<StoredDataset>;
  deleteDataset(id: string): void;
  /** Ids of the studies that refer to a dataset. */
  studiesOfDataset(id: string): readonly string[];
  /** True while any dataset has this table cache. */
  tableIsUsed(tableKey: string): boolean;

  insertStudy(study: StudyRecord): void;
  study(id: string): StudyRecord | null;
  studies(page: PageRequest): Page<StudyRecord>;
  studiesIn(states: readonly StudyState[]): readonly StudyRecord[];
  updateStudy(id: string, change: Partial<Omit<StudyRecord, 'id' | 'dataset' | 'createdAt'>>): void;
  /** With its trials, curves, events and models. */
  deleteStudy(id: string): void;
  trialCounts(study: string): TrialCounts;

  insertTrial(trial: StoredTrial): void;
  trial(study: string, number: number): StoredTrial | null;
  trials(study: string, filter: TrialFilter, page: PageRequest): Page<StoredTrial>;
  /** Every trial of the study: finished ones in the order of completion, then the others by number. */
  history(study: string): readonly StoredTrial[];
  nextTrialNumber(study: string): number;
  /**
   * Checks the transition table where `change.state` is given. `finishedOrder` is set on entering a final state,
   * `rungOrder` with the first `pausedAt`.
   */
  updateTrial(study: string, number: number, change: Partial<Omit<StoredTrial, 'study' | 'number'>>): void;
  curve(study: string, trial: number): readonly EpochReport[];
  /** One entry of a curve; null where there is none. */
  epochAt(study: string, trial: number, epoch: number): EpochReport | null;
  /** The last entry's epoch; null where the curve is empty. */
  lastEpoch(study: string, trial: number): number | null;
  /** Appends epochs; each becomes a `trial.epoch` event with the next event id. */
  appendEpochs(study: string, trial: number, reports: readonly EpochReport[]): void;
  /** What a lost attempt had reported is void: its epochs after the given one. */
  deleteEpochs(study: string, trial: number, after: number): void;

  appendEvent(study: string, type: Exclude<StudyEventType, 'trial.epoch'>, data: EventData): void;
  /** Events of a study with id > `after`, oldest first, at most `limit`; `types` null: all. */
  events(
    study: string,
    after: number,
    limit: number,
    types: readonly StudyEventType[] | null,
  ): readonly StudyEvent[];
  lastEventId(study: string): number;

  /** Trials of other studies that a study begins with, in order. */
  insertPriors(study: string, priors: readonly PriorTrial[]): void;
  priors(study: string): readonly PriorTrial[];

  insertModel(model: Model): void;
  model(id: string): Model | null;
  models(study: string | null, page: PageRequest): Page<Model>;
  /** The study's final model, made when it ended (not one made of a trial by hand). */
  finalModel(study: string): Model | null;
  setFinalModel(study: string, model: string | null): void;
  deleteModel(id: string): void;

  /** What was found out about a study beside its trials; null where nothing is stored. */
  insight(study: string, kind: InsightKind): JsonObject | null;
  /** Null takes it away. */
  putInsight(study: string, kind: InsightKind, body: JsonObject | null): void;
  /** True while any trial or model names this blob. */
  blobIsUsed(sha256: string): boolean;

  idempotency(scope: string): IdempotencyRecord | null;
  beginIdempotency(scope: string, bodyHash: string): void;
  /** In the transaction that makes the resource. */
  completeIdempotency(scope: string, answer: IdempotentAnswer): void;
  abandonIdempotency(scope: string): void;
  /** Removes answers older than `olderThan` (ISO time). */
  sweepIdempotency(olderThan: string): number;
}

/**
 * `checks`: what came of the checks before the search; `analysis`: of the errors of the best trial and the final model;
 * `final`: how the final model was chosen; `audit`: of the rows that are trained on; `dataSize`: what more rows would give.
 */
export type InsightKind = 'checks' | 'analysis' | 'final' | 'audit' | 'dataSize' | 'basis';

/** What a thread with a read-only connection of its own can see: committed rows. */
export type StorageReader = Pick<
  StorageSession,
  | 'dataset'
  | 'study'
  | 'trialCounts'
  | 'trial'
  | 'history'
  | 'curve'
  | 'lastEventId'
  | 'finalModel'
  | 'insight'
>;

export interface TrialFilter {
  readonly state: TrialState | null;
  readonly sort: TrialSort;
}

export interface IdempotencyRecord {
  readonly bodyHash: string;
  readonly answer: IdempotentAnswer | null;
  readonly createdAt: string;
}

export interface IdempotentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/**
 * One writer. Calls gathered within 20 ms are committed as one transaction (each in a savepoint of its own, so
 * that one that throws undoes nothing but itself); the promise settles only after the commit is on disk.
 */
export interface Storage extends StorageSession {
  write<T>(work: (session: StorageSession) => T): Promise<T>;
  /** Called after each commit with the studies whose events grew. */
  onCommit(listener: (studies: ReadonlySet<string>) => void): () => void;
  close(): Promise<void>;
}

/** Content-addressed files: temporary name, fsync, rename, fsync of the folder. */
export interface BlobStore {
  /** Returns the sha256 in hex; writing what is there already is free. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws NotFoundError `blob_not_found` */
  get(sha256: string): Promise<Uint8Array>;
  path(sha256: string): string;
  delete(sha256: string): Promise<void>;
  /** Removes files older than `olderThanMs` that `isUsed` does not know; returns how many. */
  sweep(olderThanMs: number, isUsed: (sha256: string) => boolean): Promise<number>;
}
