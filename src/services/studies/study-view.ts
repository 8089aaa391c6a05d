import type { JsonValue } from '../../core/json';
import type { StorageReader } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import { reasonForSampler } from '../../samplers';
import { parseSpace } from '../../space';
import { progressOf } from '../scheduler/transitions';
import type { Study } from '../services';

/** Spaces kept for lists; a document never changes, so an entry never goes stale. */
const MOST_SPACES = 1000;
const spaces = new Map<string, KnownSpace>();

interface KnownSpace {
  readonly holes: readonly JsonValue[];
  readonly samplerReason: string | null;
}

/** The study as the API shows it: the record, its counts and its holes. */
export function toStudy(session: StorageReader, record: StudyRecord): Study {
  const { id, name, state, dataset, target, task, spec, best, stopReason } = record;
  const { holes, samplerReason } = spaceOf(record);
  return {
    id,
    name,
    state,
    dataset,
    target,
    task,
    spec,
    space: holes,
    samplerReason,
    progress: progressOf(session, record),
    best,
    stopReason,
    lastEventId: session.lastEventId(id),
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    error: record.error,
  };
}

function spaceOf(record: StudyRecord): KnownSpace {
  const { objectives, search } = record.spec;
  const { sampler, parallelism, trials } = search;
  // A bigger budget is another situation.
  const key = `${record.id} ${String(trials)}`;
  const known = spaces.get(key);
  if (known !== undefined) return known;
  if (spaces.size >= MOST_SPACES) spaces.clear();
  const space = parseSpace(record.document);
  const situation = { space, trials, objectives: objectives.length, parallelism };
  const made: KnownSpace = {
    holes: space.holes.map((hole) => ({ ...hole })),
    samplerReason: reasonForSampler(sampler, situation),
  };
  spaces.set(key, made);
  return made;
}
