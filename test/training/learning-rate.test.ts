import type { ScheduleConfig, TrainingConfig } from '../../src/core/specification';
import { LearningRate } from '../../src/training/learning-rate';

const STEPS = 4;

function rateOf(schedule: ScheduleConfig, epochs = 10): LearningRate {
  return new LearningRate({ learningRate: 0.1, epochs, schedule } as TrainingConfig);
}

/** The learning rate of every step of the first epochs. */
function ratesOf(rate: LearningRate, epochs: number): readonly number[] {
  return Array.from({ length: epochs * STEPS }, (_, i) =>
    rate.at(1 + Math.floor(i / STEPS), i % STEPS, STEPS),
  );
}

describe('the learning rate', () => {
  it('stays what it is with a constant schedule', () => {
    expect(new Set(ratesOf(rateOf({ name: 'constant' }), 10))).toEqual(new Set([0.1]));
  });

  it('falls after every so many epochs, for whole epochs', () => {
    const rate = rateOf({ name: 'step', every: 2, factor: 0.5 });
    const starts = [1, 2, 3, 4, 5].map((epoch) => rate.at(epoch, 0, STEPS));
    expect(starts).toEqual([0.1, 0.1, 0.05, 0.05, 0.025]);
    expect(rate.at(3, STEPS - 1, STEPS)).toBe(0.05);
  });

  it('decays by a factor an epoch', () => {
    expect(rateOf({ name: 'exponential', decay: 0.9 }).at(3, 0, STEPS)).toBeCloseTo(0.081, 12);
  });

  it('rises in a line, then falls along half a cosine to its floor', () => {
    const rates = ratesOf(rateOf({ name: 'cosine', warmupEpochs: 2, floor: 0.1 }), 10);
    expect(rates[0]).toBeCloseTo(0.1 / 8, 12);
    expect(rates[3]).toBeCloseTo(0.05, 12);
    expect(rates[8]).toBeCloseTo(0.1, 12);
    expect(rates[24]).toBeCloseTo(0.1 * (0.1 + 0.9 * 0.5), 12);
    expect(rates.at(-1)).toBeGreaterThan(0.01);
    expect(rates.at(-1)).toBeLessThan(0.012);
    expect(rates.slice(8)).toEqual(rates.slice(8).toSorted((a, b) => b - a));
  });

  it('never leaves (0, learning rate] while a warm-up is longer than the training', () => {
    const rates = ratesOf(rateOf({ name: 'cosine', warmupEpochs: 50, floor: 0 }), 10);
    expect(Math.min(...rates)).toBeGreaterThan(0);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
  });

  it('starts again after each period, which grow', () => {
    const rates = ratesOf(rateOf({ name: 'warmRestarts', period: 1, multiply: 2 }), 7);
    const restarts = rates.flatMap((rate, i) => (rate === 0.1 ? [i / STEPS] : []));
    expect(restarts).toEqual([0, 1, 3]);
  });

  it('falls after epochs without improvement, and waits anew', () => {
    const rate = rateOf({ name: 'reduceOnPlateau', patience: 2, factor: 0.5 });
    const seen = [true, false, false, false, false, true, false].map((improved, i) => {
      rate.observe(improved);
      return rate.at(i + 2, 0, STEPS);
    });
    expect(seen).toEqual([0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025]);
  });

  it('goes on from a state that was kept', () => {
    const schedule = { name: 'reduceOnPlateau', patience: 2, factor: 0.5 } as const;
    const [whole, first, second] = [rateOf(schedule), rateOf(schedule), rateOf(schedule)];
    for (const improved of [false, false, false]) for (const rate of [whole, first]) rate.observe(improved);
    second.restore(first.state());
    for (const rate of [whole, second]) rate.observe(false);
    expect(second.at(5, 0, STEPS)).toBe(whole.at(5, 0, STEPS));
    expect(second.at(5, 0, STEPS)).toBe(0.025);
  });
});
