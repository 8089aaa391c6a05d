import type { JsonValue } from '../../core/json';
import type { StorageSession } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import { parseSpace } from '../../space';
import { progressOf } from '../scheduler/transitions';
import type { Study } from '../services';

/** Spaces kept for lists; a document never changes, so an entry never goes stale. */
const MOST_SPACES = 1000;
const spaces = new Map<string, readonly JsonValue[]>();

/** The study as the API shows it: the record, its counts and its holes. */
export function toStudy(session: StorageSession, record: StudyRecord): Study {
  const { id, name, state, dataset, target, task, spec, best, stopReason } = record;
  return {
    id,
    name,
    state,
    dataset,
    target,
    task,
    spec,
    space: spaceOf(record),
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

function spaceOf(record: StudyRecord): readonly JsonValue[] {
  const known = spaces.get(record.id);
  if (known !== undefined) return known;
  if (spaces.size >= MOST_SPACES) spaces.clear();
  const holes = parseSpace(record.document).holes.map((hole) => ({ ...hole }));
  spaces.set(record.id, holes);
  return holes;
}
