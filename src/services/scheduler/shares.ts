import type { Jobs } from './jobs';
import type { StudyRun } from './study-run';

/**
 * Divides slots among studies by their priorities: a free slot goes to the study that has had the least time in slots for
 * its priority (weighted fair queueing: Demers, Keshav and Shenker, SIGCOMM 1989). One that joins begins level with the one
 * that has had least, and cannot make up for time in which it did not ask.
 */
export class Shares {
  readonly #jobs: Jobs;
  /** What each study that asks had had for its priority before it joined, in milliseconds. */
  #levels = new Map<StudyRun, number>();

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /** The studies in the order in which they are served. */
  order(asking: readonly StudyRun[]): readonly StudyRun[] {
    const times = new Map(asking.map((run) => [run, this.#time(run)]));
    const known = this.#levels;
    const hadBefore = asking.flatMap((run) => {
      const level = known.get(run);
      return level === undefined ? [] : [level + (times.get(run) ?? 0)];
    });
    const least = hadBefore.length === 0 ? 0 : Math.min(...hadBefore);
    this.#levels = new Map(asking.map((run) => [run, known.get(run) ?? least - (times.get(run) ?? 0)]));
    const had = (run: StudyRun): number => (this.#levels.get(run) ?? 0) + (times.get(run) ?? 0);
    // Of two that have had the same, the one with fewer trials under way for its priority, then the older one.
    return asking.toSorted((a, b) => had(a) - had(b) || loadOf(a) - loadOf(b));
  }

  /** Milliseconds in slots for its priority. */
  #time(run: StudyRun): number {
    return this.#jobs.slotMs(run) / run.record.spec.search.priority;
  }
}

/** Running trials for the study's priority. */
function loadOf(run: StudyRun): number {
  return run.running().length / run.record.spec.search.priority;
}
