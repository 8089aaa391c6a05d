import { paretoFront } from '../../core/objectives';
import type { StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import type { Params } from '../../core/trial';
import { importances } from '../../insight';
import { parseSpace } from '../../space';
import { importanceTableOf } from '../computing/importance-table';
import { candidateOf } from '../scheduler/transitions';
import { FEWEST_TRIALS, measuredTrials } from '../trials/importance';

/** Trials that the importances of a report are computed from at most: the last ones. */
const MOST_TRIALS = 500;

export interface HistoryEntry {
  readonly trial: number;
  readonly state: StoredTrial['state'];
  readonly values: readonly number[] | null;
  readonly epochs: number;
  readonly durationMs: number | null;
  readonly params: Params;
}

export interface SearchSection {
  /** Finished trials in the order of completion. */
  readonly history: readonly HistoryEntry[];
  /** How much of the first objective's values each hole explains; null with too few trials, or without holes. */
  readonly importance: {
    readonly method: 'fanova';
    readonly objective: string;
    readonly trials: number;
    readonly importances: Readonly<Record<string, number>>;
  } | null;
  /** Of a study with several objectives: the trials that no other dominates. */
  readonly pareto?: readonly HistoryEntry[];
}

export function searchSection(record: StudyRecord, trials: readonly StoredTrial[]): SearchSection {
  const finished = trials.filter(({ finishedOrder }) => finishedOrder !== null);
  const section = { history: finished.map(entryOf), importance: importanceOf(record, finished) };
  const { objectives } = record.spec;
  if (objectives.length === 1) return section;
  const completed = finished.filter(({ state, values }) => state === 'completed' && values !== null);
  const candidates = completed.map((trial) => ({ trial, ...candidateOf(record, trial) }));
  return { ...section, pareto: paretoFront(candidates, objectives).map(({ trial }) => entryOf(trial)) };
}

function importanceOf(
  { document, spec }: StudyRecord,
  finished: readonly StoredTrial[],
): SearchSection['importance'] {
  const [objective] = spec.objectives;
  if (objective === undefined) return null;
  const measured = measuredTrials(finished, 0, objective.direction).slice(-MOST_TRIALS);
  const space = parseSpace(document);
  if (measured.length < FEWEST_TRIALS || space.holes.length === 0) return null;
  const losses = Float64Array.from(measured, ({ loss }) => loss);
  const table = importanceTableOf(
    space,
    measured.map(({ params }) => params),
    losses,
  );
  const method = 'fanova';
  return {
    method,
    objective: objective.metric,
    trials: measured.length,
    importances: importances(table, method),
  };
}

function entryOf({ number, state, values, epochs, durationMs, params }: StoredTrial): HistoryEntry {
  return { trial: number, state, values, epochs, durationMs, params };
}
