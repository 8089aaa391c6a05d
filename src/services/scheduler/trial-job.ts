import type { StoredDataset } from '../../core/dataset';
import { InternalError } from '../../core/errors';
import type { DataJob, TrialJob, TrialTransport } from '../../core/job';
import { leadingObjective } from '../../core/objectives';
import type { Params } from '../../core/trial';
import { deriveSeed } from '../../core/random';
import type { EngineRequest, Specification } from '../../core/specification';
import type { BlobStore, StoredTrial } from '../../core/storage';
import { classLabels } from '../../datasets';
import { fill, type Space } from '../../space';
import { internalStudy, type StudyRecord } from '../../core/study';
import { join } from 'node:path';
import { toTrialConfig } from '../specification';
import type { StudyRun } from './study-run';

/** The rows, columns and labels that all trials of a study see. */
export function dataJobOf(dataset: StoredDataset, spec: Specification, tablesFolder: string): DataJob {
  const target = dataset.profiles.find(({ name }) => name === spec.target);
  if (target === undefined) {
    throw new InternalError('target_gone', `dataset ${dataset.id} has no column ${spec.target}`);
  }
  return {
    table: { folder: join(tablesFolder, dataset.tableKey), sha256: dataset.sha256 },
    target: spec.target,
    task: spec.task,
    features: spec.features.include,
    labels: spec.task === 'regression' ? null : classLabels(target, spec.task),
    split: spec.split,
    weight: spec.weight,
  };
}

/** The point's part of a new trial: its seed is a function of (study seed, number) alone. */
export function pointOf(
  { record, space }: { readonly record: StudyRecord; readonly space: Space },
  number: number,
  params: Params,
  enqueued: boolean,
): Pick<StoredTrial, 'params' | 'config' | 'seed' | 'enqueued'> {
  const seed = deriveSeed(record.spec.search.seed, 'trial', number);
  return { params, config: fill(space, params), seed, enqueued };
}

interface JobPorts {
  readonly blobs: BlobStore;
  readonly transport: Pick<TrialTransport, 'slots'>;
  readonly checkpointMs: number;
}

/** @throws TuneloomError when the filled document is no network or training that can be run */
export function trialJobOf(
  run: StudyRun,
  trial: StoredTrial,
  { blobs, transport, checkpointMs }: JobPorts,
): TrialJob {
  const { spec } = internalStudy(run.record);
  return {
    id: jobIdOf(trial),
    study: run.id,
    trial: trial.number,
    seed: trial.seed,
    data: run.data,
    config: toTrialConfig(trial.config, spec.task),
    objective: leadingObjective(spec.objectives),
    verdicts: run.parts.pruner.verdicts(trial.number),
    engine: engineOf(trial, spec),
    device: deviceOf(trial, spec, transport),
    isolated: trial.isolated,
    checkpoint: trial.checkpoint === null ? null : blobs.path(trial.checkpoint.sha256),
    checkpointMs,
  };
}

export function jobIdOf(trial: StoredTrial): string {
  return `${trial.study}/${String(trial.number)}/${String(trial.run)}`;
}

/** Engine and device are fixed at a trial's first start, so that a second start gives the same result. */
function engineOf(trial: StoredTrial, spec: Specification): EngineRequest {
  return trial.engine === null || trial.engine === 'compiled' ? spec.engine : trial.engine;
}

export function deviceOf(
  trial: StoredTrial,
  spec: Specification,
  transport: Pick<TrialTransport, 'slots'>,
): string | null {
  const { device } = trial;
  // A service that was started again may have other devices.
  const isThere = device !== null && transport.slots().some((slot) => slot.device === device);
  if (isThere) return device;
  return spec.device === 'auto' ? null : spec.device;
}
