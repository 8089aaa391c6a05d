import type { TrialTransport } from '../../core/job';
import type { BlobStore, Storage } from '../../core/storage';
import type { Telemetry } from '../../core/telemetry';
import type { Computing } from '../computing/computing';
import type { Analysts } from '../reports/analysts';
import type { Logger } from '../logger';
import type { Jobs } from './jobs';
import type { StudyRun } from './study-run';
import type { StudyRuns } from './study-runs';

export interface SchedulerPorts {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly transport: TrialTransport;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly tablesFolder: string;
  readonly computing: Computing;
  readonly analysts: Analysts;
  /** How often a trial that runs is checkpointed, in milliseconds. */
  readonly checkpointMs: number;
}

/** What the parts of the scheduler share. */
export interface SchedulerContext extends SchedulerPorts {
  readonly runs: StudyRuns;
  readonly jobs: Jobs;
  /** Hands out work; returns at once. */
  pump(): void;
  /** No new decisions: the service is shutting down. */
  closed(): boolean;
  /** Runs a step of one study; where it fails, the study is taken up again from its rows, and the answer is null. */
  guard<T>(run: StudyRun, work: () => Promise<T>): Promise<T | null>;
  /** A write failed: forget what this process believes of the study and take it up again from its rows. */
  reload(run: StudyRun, error: unknown): void;
}
