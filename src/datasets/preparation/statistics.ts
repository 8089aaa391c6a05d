/** A column whose values differ by less than this share of their size is constant to float32. */
const LEAST_SPREAD = 1e-7;

/** Squares sum up to less than this where some of them were too small for a double. */
const LEAST_VARIANCE = 1e-280;

/** Mean of `values` and of `fill` as often as it stands in. Divided first, so that huge values do not overflow. */
export function meanOf(values: ArrayLike<number>, fill = 0, fills = 0): number {
  const count = values.length + fills;
  if (count === 0) return 0;
  let mean = (fill / count) * fills;
  for (let i = 0; i < values.length; i++) mean += (values[i] ?? 0) / count;
  // Where all are the largest doubles, rounding alone goes beyond them.
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, mean));
}

/** Standard deviation of the population; 0 where the values are constant to float32. */
export function deviationOf(values: ArrayLike<number>, mean: number, fill = 0, fills = 0): number {
  const count = values.length + fills;
  if (count === 0) return 0;
  let variance = ((fill - mean) ** 2 / count) * fills;
  for (let i = 0; i < values.length; i++) variance += ((values[i] ?? 0) - mean) ** 2 / count;
  const isExact = variance >= LEAST_VARIANCE && variance < Infinity;
  const deviation = isExact ? Math.sqrt(variance) : scaledDeviation(values, mean, fill, fills);
  return Number.isFinite(deviation) && deviation > LEAST_SPREAD * Math.abs(mean) ? deviation : 0;
}

/** The same in units of the largest distance, whose squares neither overflow nor vanish. */
function scaledDeviation(values: ArrayLike<number>, mean: number, fill: number, fills: number): number {
  // Halves, because two doubles may lie further apart than the largest one.
  const distance = (value: number): number => Math.abs(value / 2 - mean / 2);
  let most = fills > 0 ? distance(fill) : 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, distance(values[i] ?? 0));
  if (most === 0) return 0;
  const count = values.length + fills;
  let variance = ((distance(fill) / most) ** 2 / count) * fills;
  for (let i = 0; i < values.length; i++) variance += (distance(values[i] ?? 0) / most) ** 2 / count;
  return 2 * (most * Math.sqrt(variance));
}

/** Skewness of the population; 0 of a constant. */
export function skewnessOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  return skewnessAbout(values, mean, deviationOf(values, mean));
}

/** Skewness of values whose mean and deviation are known. */
export function skewnessAbout(values: ArrayLike<number>, mean: number, deviation: number): number {
  if (deviation === 0) return 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = ((values[i] ?? 0) - mean) / deviation;
    // A power of 3 would take twenty times as long.
    sum += (distance * distance * distance) / values.length;
  }
  if (Number.isFinite(sum)) return sum;
  sum = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = ((values[i] ?? 0) / 2 - mean / 2) / (deviation / 2);
    sum += distance ** 3 / values.length;
  }
  return sum;
}

/** The values in units of the largest of them, for what is the same in any unit; NaN stays. */
export function inUnits(values: ArrayLike<number>): Float64Array {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] ?? 0);
    if (size > most) most = size;
  }
  return Float64Array.from(values, (value) => (most === 0 ? value : value / most));
}

/** Linear between order statistics, as NumPy's default. @param sorted ascending, not empty @param share 0..1 */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  const weight = place - Math.floor(place);
  return low * (1 - weight) + high * weight;
}

/** The value that stands most often; of several the smallest. @param sorted ascending, not empty */
export function modeOf(sorted: ArrayLike<number>): number {
  let best = sorted[0] ?? 0;
  let bestCount = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    if (end - start > bestCount) {
      best = sorted[start] ?? 0;
      bestCount = end - start;
    }
    start = end;
  }
  return best;
}

/** Inverse of the standard normal distribution function (Acklam's rational approximation, relative error below 1.2e-9). */
export function normalQuantile(share: number): number {
  if (share > 0.5) return -normalQuantile(1 - share);
  if (share < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(share));
    return (
      polynomial(
        q,
        [
          -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
          4.374664141464968, 2.938163982698783,
        ],
      ) / polynomial(q, [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1])
    );
  }
  const q = share - 0.5;
  const r = q * q;
  return (
    (q *
      polynomial(
        r,
        [
          -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
          -3.066479806614716e1, 2.506628277459239,
        ],
      )) /
    polynomial(
      r,
      [
        -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
        -1.328068155288572e1, 1,
      ],
    )
  );
}

/** @param coefficients of the highest power first */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
