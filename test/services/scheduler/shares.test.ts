import { Jobs } from '../../../src/services/scheduler/jobs';
import { Shares } from '../../../src/services/scheduler/shares';
import type { StudyRun } from '../../../src/services/scheduler/study-run';
import { storedTrial } from '../../storage/records';
import { studyRun } from './runs';

let now = 0;

beforeEach(() => {
  now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

function runOf(id: string, priority: number): StudyRun {
  return studyRun(id, { search: { trials: 1000, priority } });
}

/** Slots that are handed out as the scheduler does, to trials that last as long as their study's do. */
class Slots {
  readonly #jobs = new Jobs();
  readonly #shares = new Shares(this.#jobs);
  readonly #running: {
    readonly job: string;
    readonly run: StudyRun;
    readonly number: number;
    readonly end: number;
  }[] = [];
  readonly started = new Map<StudyRun, number>();
  readonly ms = new Map<StudyRun, number>();
  #count = 0;

  /** @param lasts milliseconds of a study's trials */
  run(slots: number, until: number, lasts: ReadonlyMap<StudyRun, number>): void {
    while (now < until) {
      while (this.#running.length < slots) {
        const [run] = this.#shares.order([...lasts.keys()]);
        if (run === undefined) throw new Error('nobody asks');
        this.#start(run, lasts.get(run) ?? NaN);
      }
      this.#running.sort((a, b) => a.end - b.end);
      const next = this.#running.shift();
      if (next === undefined) return;
      now = next.end;
      this.#jobs.forget(next.job);
      next.run.add({ ...storedTrial(next.run.id, next.number), state: 'completed' });
    }
  }

  #start(run: StudyRun, ms: number): void {
    const job = `job${String(this.#count++)}`;
    const number = run.count();
    this.#jobs.add(job, { run, number, isolated: false });
    run.add({ ...storedTrial(run.id, number), state: 'running' });
    this.#running.push({ job, run, number, end: now + ms });
    this.started.set(run, (this.started.get(run) ?? 0) + 1);
    this.ms.set(run, (this.ms.get(run) ?? 0) + ms);
  }
}

describe('slots among studies', () => {
  it.each([1, 2, 16])('are divided by priority, on %i of them', (count) => {
    const runs = [runOf('a', 1), runOf('b', 1), runOf('c', 5)];
    const slots = new Slots();
    slots.run(count, 20_000, new Map(runs.map((run) => [run, 100])));
    const all = [...slots.started.values()].reduce((sum, each) => sum + each, 0);
    const shares = runs.map((run) => (slots.started.get(run) ?? 0) / all);
    [1 / 7, 1 / 7, 5 / 7].forEach((share, i) => {
      expect(Math.abs((shares[i] ?? 0) - share)).toBeLessThan(0.03);
    });
  });

  it('are divided by time, whatever a study’s trials last', () => {
    const [long, short] = [runOf('long', 1), runOf('short', 1)];
    const slots = new Slots();
    slots.run(
      2,
      200_000,
      new Map([
        [long, 5000],
        [short, 50],
      ]),
    );
    const [a = 0, b = 0] = [slots.ms.get(long), slots.ms.get(short)];
    expect(a / (a + b)).toBeGreaterThan(0.45);
    expect(a / (a + b)).toBeLessThan(0.55);
  });

  it('are not left to a study that joins until it has had as much as the others', () => {
    const [old, young] = [runOf('old', 1), runOf('young', 1)];
    const slots = new Slots();
    slots.run(2, 100_000, new Map([[old, 100]]));
    const before = slots.started.get(old) ?? 0;
    slots.run(
      2,
      110_000,
      new Map([
        [old, 100],
        [young, 100],
      ]),
    );
    const share =
      (slots.started.get(young) ?? 0) /
      ((slots.started.get(old) ?? 0) - before + (slots.started.get(young) ?? 0));
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
  });
});
