/** How losses become what the process models: shifted, bent by a power (Box and Cox, 1964), standardised. */
export interface Warp {
  /** 1: not bent; 0: logarithm. */
  readonly power: number;
}

export interface WarpedLosses {
  readonly losses: Float64Array;
  /** Σ log |dw/dy|: what makes likelihoods under different warps comparable. */
  readonly logJacobian: number;
}

/** Distance of the least loss from the pole of the logarithm, in units of the median's distance from the least. */
const OFFSET = 0.01;

export function applyWarp(losses: Float64Array, { power }: Warp): WarpedLosses {
  const sorted = losses.toSorted();
  const least = sorted[0] ?? 0;
  const scale = Math.max((sorted[sorted.length >> 1] ?? 0) - least, Number.MIN_VALUE);
  if (power === 1 || !(scale > 1e-300)) return standardize(losses, 0);
  let logSlope = 0;
  const bent = losses.map((loss) => {
    const ratio = (loss - least) / scale + OFFSET;
    logSlope += (power - 1) * Math.log(ratio) - Math.log(scale);
    return power === 0 ? Math.log(ratio) : (ratio ** power - 1) / power;
  });
  return standardize(bent, logSlope);
}

function standardize(values: Float64Array, logSlope: number): WarpedLosses {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  const deviation = variance > 0 ? Math.sqrt(variance) : 1;
  const losses = values.map((value) => (value - mean) / deviation);
  return { losses, logJacobian: logSlope - n * Math.log(deviation) };
}
