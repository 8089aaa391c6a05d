import type { ErrorCode, Finding } from '../../core/finding';
import type { ClassPredictions } from '../../core/predictions';
import { streamOf, type RandomStream } from '../../core/random';
import { quantile } from '../bootstrap';

const MOST_BINS = 10;
/** Fewer rows a bin tell nothing of a share. */
const LEAST_ROWS_A_BIN = 10;
const SIMULATIONS = 1000;
/** How seldom sampling alone may give as large an error before the model is called miscalibrated … */
const SIGNIFICANCE = 0.01;
/** … and the error beyond what sampling gives on average that is worth a word. */
const LEAST_EXCESS = 0.02;

export interface ReliabilityBin {
  readonly rows: number;
  /** Mean probability of the class that was said (binary: of the second label). */
  readonly confidence: number;
  /** How often it was right (binary: how often the second label is). */
  readonly frequency: number;
  /** Where `frequency` would lie in 95 % of samples if the probabilities were right. */
  readonly low: number;
  readonly high: number;
}

export interface Calibration {
  /** Expected calibration error over bins of equal size. */
  readonly error: number;
  /** What a perfectly calibrated model shows on this many rows: its mean and 99 % quantile. */
  readonly sampling: { readonly mean: number; readonly quantile99: number };
  /** Share of such samples with an error as large or larger. */
  readonly pValue: number;
  /** Mean probability of the likeliest class minus how often it is right. */
  readonly overconfidence: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Expected calibration error (Naeini, Cooper and Hauskrecht 2015), of the likeliest class, held against what sampling
 * alone gives: outcomes are drawn from the predicted probabilities (consistency resampling, Bröcker and Smith 2007).
 * Null below 20 rows.
 */
export function calibrationOf(predictions: ClassPredictions, seed: number): Calibration | null {
  const rows = predictions.actual.length;
  if (rows < 2 * LEAST_ROWS_A_BIN) return null;
  const { confidence, outcome } = confidencesOf(predictions);
  const order = Uint32Array.from(confidence, (_, i) => i).sort(
    (a, b) => (confidence[a] ?? 0) - (confidence[b] ?? 0) || a - b,
  );
  const count = Math.min(MOST_BINS, Math.floor(rows / LEAST_ROWS_A_BIN));
  const bins = Array.from({ length: count }, (_, bin) =>
    order.subarray(Math.round((bin * rows) / count), Math.round(((bin + 1) * rows) / count)),
  );
  const stream = streamOf(seed, 'calibration');
  const simulations = Array.from({ length: SIMULATIONS }, () =>
    frequencies(bins, simulated(confidence, stream)),
  );
  const means = frequencies(bins, confidence);
  const error = errorOf(bins, means, frequencies(bins, outcome), rows);
  const errors = simulations.map((sample) => errorOf(bins, means, sample, rows)).sort((a, b) => a - b);
  const asLarge = errors.filter((sample) => sample >= error).length;
  const observed = frequencies(bins, outcome);
  return {
    error,
    sampling: {
      mean: errors.reduce((sum, sample) => sum + sample, 0) / SIMULATIONS,
      quantile99: quantile(errors, 0.99),
    },
    pValue: (1 + asLarge) / (1 + SIMULATIONS),
    overconfidence: overconfidenceOf(predictions),
    bins: bins.map((bin, i) => {
      const sorted = simulations.map((sample) => sample[i] ?? 0).sort((a, b) => a - b);
      return {
        rows: bin.length,
        confidence: means[i] ?? 0,
        frequency: observed[i] ?? 0,
        low: quantile(sorted, 0.025),
        high: quantile(sorted, 0.975),
      };
    }),
  };
}

/** A finding in any case: `info` where the probabilities can be taken at their word. */
export function calibrationFinding(calibration: Calibration): Finding<ErrorCode> {
  const { error, sampling, pValue, overconfidence } = calibration;
  const excess = error - sampling.mean;
  const isOff = pValue < SIGNIFICANCE && excess >= LEAST_EXCESS;
  const kind = overconfidence > 0 ? 'too sure' : 'not sure enough';
  const figures = `the calibration error is ${percent(error)}, and sampling alone gives ${percent(sampling.mean)} on average (99 % of the time below ${percent(sampling.quantile99)})`;
  return {
    code: 'miscalibrated',
    severity: isOff ? 'warning' : 'info',
    message: isOff
      ? `The probabilities are ${kind}: ${figures}.`
      : `The probabilities can be taken at their word: ${figures}.`,
    evidence: {
      error,
      samplingMean: sampling.mean,
      samplingQuantile99: sampling.quantile99,
      pValue,
      overconfidence,
      significance: SIGNIFICANCE,
      leastExcess: LEAST_EXCESS,
    },
    advice: isOff
      ? 'Do not use the probabilities as they stand for decisions about cost. Try training.labelSmoothing, more dropout or l2, or final.ensemble, and compare this figure.'
      : '',
  };
}

/** Binary: probability of the second label, and whether it is; else of the likeliest class, and whether it is right. */
function confidencesOf({ labels, actual, probabilities }: ClassPredictions): {
  confidence: Float64Array;
  outcome: Float64Array;
} {
  const classes = labels.length;
  const confidence = new Float64Array(actual.length);
  const outcome = new Float64Array(actual.length);
  actual.forEach((label, i) => {
    const shares = probabilities.subarray(i * classes, (i + 1) * classes);
    const said = classes === 2 ? 1 : shares.indexOf(Math.max(...shares));
    confidence[i] = shares[said] ?? 0;
    outcome[i] = Number(said === label);
  });
  return { confidence, outcome };
}

function overconfidenceOf({ labels, actual, probabilities }: ClassPredictions): number {
  const classes = labels.length;
  const excess = actual.reduce((sum, label, i) => {
    const shares = probabilities.subarray(i * classes, (i + 1) * classes);
    const most = Math.max(...shares);
    return sum + most - Number(shares.indexOf(most) === label);
  }, 0);
  return excess / actual.length;
}

function simulated(confidence: Float64Array, stream: RandomStream): Float64Array {
  return confidence.map((share) => Number(stream.uniform() < share));
}

function frequencies(bins: readonly Uint32Array[], values: Float64Array): readonly number[] {
  return bins.map((bin) => bin.reduce((sum, row) => sum + (values[row] ?? 0), 0) / bin.length);
}

function errorOf(
  bins: readonly Uint32Array[],
  means: readonly number[],
  observed: readonly number[],
  rows: number,
): number {
  return bins.reduce(
    (sum, bin, i) => sum + (bin.length / rows) * Math.abs((means[i] ?? 0) - (observed[i] ?? 0)),
    0,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
