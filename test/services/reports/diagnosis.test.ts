import type { StoredTrial } from '../../../src/core/storage';
import type { EpochReport } from '../../../src/core/trial';
import { diagnoseTrial } from '../../../src/services/reports/diagnosis';
import type { DiagnosisBasis } from '../../../src/services/reports/diagnosis-basis';

const TRIAL = {
  number: 3,
  bestEpoch: 40,
  error: null,
  config: { training: { epochs: 100 } },
  metrics: { train: { loss: 0.6 }, validation: { loss: 0.62 } },
} as unknown as StoredTrial;

const BASIS: DiagnosisBasis = { trial: 3, chance: 1, reference: null, fold: null };

function curveOf(loss: (epoch: number) => number, epochs = 40): readonly EpochReport[] {
  return Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    train: { loss: loss(i + 1) },
    validation: { loss: loss(i + 1) + 0.02 },
  }));
}

const flattening = curveOf((epoch) => 0.6 + 0.4 * Math.exp(-epoch / 5));

function codes(curve: readonly EpochReport[], basis: Partial<DiagnosisBasis> = {}): readonly string[] {
  return diagnoseTrial(TRIAL, curve, { ...BASIS, ...basis }).map(({ code }) => code);
}

describe('the diagnosis of a trial', () => {
  it('names an underfit by what a larger network reaches, and by nothing else', () => {
    expect(codes(flattening)).toEqual(['well_fitted']);
    expect(codes(flattening, { reference: { trainLoss: 0.2, validationLoss: 0.25 } })).toEqual(['underfit']);
    expect(codes(flattening, { reference: { trainLoss: 0.2, validationLoss: 0.61 } })).toEqual([
      'well_fitted',
    ]);
  });

  it('holds losses against the chance that was measured, and is silent without one', () => {
    expect(codes(flattening, { chance: 0.65 })).toContain('underfit');
    expect(codes(flattening, { chance: null })).toEqual([]);
    expect(codes(flattening, { chance: 0 })).toEqual([]);
  });

  it('of a k-fold trial looks at the epochs of a fold, not at the folds', () => {
    // Folds that are each as good as their rows let them: as epochs they would be a loss that goes up and down.
    const folds = curveOf((fold) => (fold % 2 === 0 ? 0.5 : 0.9), 5);
    const fold = { curve: flattening, bestEpoch: 40, trainLoss: 0.6 };
    expect(codes(folds)).toContain('learning_rate_too_high');
    expect(codes(folds, { fold })).toEqual(['well_fitted']);
  });
});
