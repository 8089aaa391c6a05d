import type { Inference } from '../core/inference';
import type { TrialTransport } from '../core/job';
import type { BlobStore, Storage } from '../core/storage';
import type { Telemetry } from '../core/telemetry';
import { Computing } from './computing/computing';
import { Datasets } from './datasets/dataset-service';
import { Events } from './events/event-service';
import { AskAndTell } from './external/ask-and-tell';
import type { Logger } from './logger';
import { Models } from './models/model-service';
import { StudyCommands } from './scheduler/commands';
import { Analysts } from './reports/analysts';
import { StudyAudits } from './reports/study-audits';
import { Scheduler } from './scheduler/scheduler';
import type { Services } from './services';
import { Studies } from './studies/study-service';
import { Idempotency } from './system/idempotency-service';
import { System } from './system/system-service';
import { Trials } from './trials/trial-service';

const SWEEP_MS = 3600 * 1000;

export interface ServicePorts {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly transport: TrialTransport;
  readonly inference: Inference;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Where the database lies. */
  readonly dataDir: string;
  /** Folder of the parsed tables. */
  readonly tablesFolder: string;
  /** Bytes that reading a file may take. */
  readonly datasetMemory: number;
  readonly maxRunningStudies: number;
  /** How often a trial that runs is checkpointed, in milliseconds. */
  readonly checkpointMs: number;
  readonly version: string;
}

export interface RunningServices extends Services {
  /** Takes up the studies that ran when the service ended. */
  start(): Promise<void>;
  /** No new trials; says that it is not ready; returns when all is stored. The ports stay open. */
  close(): Promise<void>;
}

export function createServices(ports: ServicePorts): RunningServices {
  const { storage, transport } = ports;
  const computing = new Computing();
  const analysts = new Analysts(ports.dataDir);
  const audits = new StudyAudits(ports);
  const scheduler = new Scheduler({ ...ports, computing, analysts });
  const commands = new StudyCommands(storage, scheduler, ports.maxRunningStudies);
  const datasets = new Datasets(ports);
  const events = new Events(storage);
  const system = new System(transport, storage, ports.version);
  const idempotency = new Idempotency(storage);
  let sweeper: NodeJS.Timeout | undefined;
  return {
    datasets,
    studies: new Studies({ analysts, audits, storage, transport, scheduler, commands, datasets, events }),
    trials: new Trials({ ...ports, commands, computing }),
    external: new AskAndTell(storage, scheduler, computing),
    events,
    models: new Models(ports),
    system,
    idempotency,
    start: async () => {
      await scheduler.start();
      sweeper = setInterval(() => void sweep(ports), SWEEP_MS).unref();
      await sweep(ports);
    },
    close: async () => {
      clearInterval(sweeper);
      system.close();
      idempotency.close();
      await scheduler.close();
      await computing.close();
      await analysts.close();
    },
  };
}

/** Takes away blobs that no row names: of deleted studies, and of trials whose end was never committed. */
async function sweep({ storage, blobs, logger }: ServicePorts): Promise<void> {
  try {
    const swept = await blobs.sweep(SWEEP_MS, (sha256) => storage.blobIsUsed(sha256));
    if (swept > 0) logger.info({ swept }, 'blobs that nothing names were taken away');
  } catch (error) {
    logger.error({ error }, 'blobs could not be swept');
  }
}
