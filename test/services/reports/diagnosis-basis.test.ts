import { ConflictError } from '../../../src/core/errors';
import type { FitJob, TrialTransport } from '../../../src/core/job';
import type { StoredTrial } from '../../../src/core/storage';
import {
  measureBasis,
  type DiagnosedTrial,
  type DiagnosisBasis,
} from '../../../src/services/reports/diagnosis-basis';
import { resolve } from '../specification/context';

const TRIAL = {
  number: 3,
  seed: 5,
  engine: 'tensorflow',
  config: { preparation: {}, model: { layers: [] }, training: { batchSize: 8 } },
} as unknown as StoredTrial;

/** A worker that never ends a fit, unless it is told to. */
class Worker {
  readonly fits: FitJob[] = [];
  readonly cancelled: string[] = [];
  began = (): void => undefined;
  #reject = (_error: Error): void => undefined;

  perform(kind: string, job: FitJob, began?: () => void): Promise<unknown> {
    if (kind === 'chance') return Promise.resolve({ validation: 1.1 });
    this.fits.push(job);
    this.began = began ?? this.began;
    return new Promise((_resolve, reject) => {
      this.#reject = reject;
    });
  }

  cancel(job: string): void {
    this.cancelled.push(job);
    this.#reject(new ConflictError('cancelled', 'the task was told to stop'));
  }

  measure(rows: number, runningMs: number): Promise<DiagnosisBasis> {
    const data = {} as DiagnosedTrial['data'];
    const about = { trial: TRIAL, spec: resolve().spec, data, rows, runningMs };
    return measureBasis(about, this as unknown as TrialTransport);
  }
}

describe('the reference that a trial is diagnosed by', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([
    ['ten seconds', 1000, 10_000],
    ['a quarter of the time that the study ran', 100_000, 25_000],
  ])('is given up after %s, without the wait for a slot', async (_, runningMs, most) => {
    const worker = new Worker();
    const basis = worker.measure(1000, runningMs);
    await jest.advanceTimersByTimeAsync(10 * most);
    expect(worker.fits).toHaveLength(1);
    worker.began();
    await jest.advanceTimersByTimeAsync(most - 1);
    expect(worker.cancelled).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(worker.cancelled).toEqual(worker.fits.map(({ id }) => id));
    expect(await basis).toEqual({ trial: 3, chance: 1.1, reference: null, fold: null });
  });

  it('has its full time again where its worker was lost', async () => {
    const worker = new Worker();
    const basis = worker.measure(1000, 0);
    await jest.advanceTimersByTimeAsync(0);
    worker.began();
    await jest.advanceTimersByTimeAsync(9000);
    worker.began();
    await jest.advanceTimersByTimeAsync(9999);
    expect(worker.cancelled).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect((await basis).reference).toBeNull();
  });

  it.each([
    [1000, 1, 32],
    [100_000, 20_000 / (100_000 * resolve().spec.split.train), 160],
  ])(
    'of a table of %d rows is of at most 20 000 of each part, on the engine that suits it',
    async (rows, trainShare, batchSize) => {
      const worker = new Worker();
      const basis = worker.measure(rows, 0);
      await jest.advanceTimersByTimeAsync(0);
      worker.began();
      expect(worker.fits).toMatchObject([
        { trainShare, mostValidationRows: 20_000, engine: 'auto', config: { training: { batchSize } } },
      ]);
      await jest.advanceTimersByTimeAsync(10_000);
      await basis;
    },
  );
});
