import { InvalidError, TuneloomError } from '../../core/errors';
import { isBetterTrial, paretoFront } from '../../core/objectives';
import { streamOf } from '../../core/random';
import type { PriorTrial, StorageSession, StoredTrial } from '../../core/storage';
import { internalStudy, type StudyRecord } from '../../core/study';
import type { Params } from '../../core/trial';
import { completeParams, isInside, parseSpace, paramsKey, type Space } from '../../space';
import { pointOf } from '../scheduler/trial-job';
import { candidateOf, newTrial } from '../scheduler/transitions';
import { toTrialConfig } from '../specification';

/** Trials of others that a sampler is shown. */
const MOST_PRIORS = 2000;
/** Points of others that are tried first, at most; and of the budget one in so many. */
const MOST_POINTS = 10;
const TRIALS_PER_POINT = 5;

/**
 * Lets a study begin with what others have found. From a study with the same data, split and objectives it takes all
 * completed trials for its sampler, and tries the best point again; from any other the best points alone, because their
 * values mean something else. Inside the transaction that makes the study.
 * @throws InvalidError `invalid_specification` where a study is not there
 */
export function startWarm(session: StorageSession, record: StudyRecord): void {
  const { warmStart, trials, seed } = record.spec.search;
  if (warmStart === null) return;
  const space = parseSpace(record.document);
  const sources = warmStart.studies.map((id, i) => requireSource(session, id, i));
  const priors = sources
    .filter((source) => isComparable(session, source, record))
    .flatMap((source) => priorsOf(session, source, record, space));
  session.insertPriors(record.id, priors.slice(-MOST_PRIORS));
  const most = Math.min(MOST_POINTS, Math.max(1, Math.floor(trials / TRIALS_PER_POINT)));
  const points = new Map<string, Params>();
  for (const source of sources) {
    const wanted = isComparable(session, source, record) ? 1 : most;
    for (const { params } of bestOf(session, source).slice(0, wanted)) {
      const point = pointIn(space, record, params, streamOf(seed, 'warm', points.size));
      if (point !== null && points.size < most) points.set(paramsKey(point), point);
    }
  }
  [...points.values()].forEach((params, number) => {
    session.insertTrial(newTrial(record.id, number, pointOf({ record, space }, number, params, true)));
  });
}

function requireSource(session: StorageSession, id: string, i: number): StudyRecord {
  const study = session.study(id);
  if (study !== null) return study;
  const path = `search.warmStart.studies[${String(i)}]`;
  const message = `there is no study ${id}`;
  throw new InvalidError('invalid_specification', `${path}: ${message}`, { errors: [{ path, message }] });
}

/** Values of two studies can be compared: they measure the same on the same rows. */
function isComparable(session: StorageSession, a: StudyRecord, b: StudyRecord): boolean {
  if (JSON.stringify(a.spec.objectives) !== JSON.stringify(b.spec.objectives)) return false;
  if (a.spec.execution === 'external' || b.spec.execution === 'external') {
    return a.spec.execution === b.spec.execution;
  }
  const key = (study: StudyRecord): string => {
    const { dataset, target, task, spec } = internalStudy(study);
    return JSON.stringify([session.dataset(dataset)?.sha256, target, task, spec.split]);
  };
  return key(a) === key(b);
}

/** Its trials as the new study judges them: by its own constraints. */
function priorsOf(
  session: StorageSession,
  source: StudyRecord,
  record: StudyRecord,
  space: Space,
): readonly PriorTrial[] {
  return completedOf(session, source)
    .filter(({ params }) => isInside(space, params))
    .map((trial) => {
      const { values, violation } = candidateOf(record, trial);
      return { params: trial.params, values, constraintViolation: violation };
    });
}

function completedOf(session: StorageSession, { id }: StudyRecord): readonly StoredTrial[] {
  return session.history(id).filter(({ state, values }) => state === 'completed' && values !== null);
}

/** Best first; of a study with several objectives those that no other dominates. */
function bestOf(session: StorageSession, source: StudyRecord): readonly StoredTrial[] {
  const { objectives } = source.spec;
  const completed = completedOf(session, source).map((trial) => ({ ...candidateOf(source, trial), trial }));
  const chosen = objectives.length > 1 ? paretoFront(completed, objectives) : completed;
  return chosen
    .toSorted((a, b) => (isBetterTrial(a, b, objectives) ? -1 : Number(isBetterTrial(b, a, objectives))))
    .map(({ trial }) => trial);
}

/** The point with what this space does not have left out, and what it has more drawn; null where it does not fit. */
function pointIn(
  space: Space,
  record: StudyRecord,
  params: Params,
  stream: ReturnType<typeof streamOf>,
): Params | null {
  const known = new Set(space.holes.map(({ name }) => name));
  const kept = Object.fromEntries(Object.entries(params).filter(([name]) => known.has(name)));
  if (Object.keys(kept).length === 0) return null;
  try {
    const point = completeParams(space, kept, stream);
    if (record.task !== null) toTrialConfig(pointOf({ record, space }, 0, point, true).config, record.task);
    return point;
  } catch (error) {
    if (error instanceof TuneloomError && error.kind === 'invalid') return null;
    throw error;
  }
}
