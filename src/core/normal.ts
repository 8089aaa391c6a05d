/** The standard normal distribution, to double precision where not said otherwise. */

const SQRT_2PI = Math.sqrt(2 * Math.PI);
const LOG_SQRT_2PI = Math.log(SQRT_2PI);

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_2PI;
}

export function normalLogDensity(z: number): number {
  return -0.5 * z * z - LOG_SQRT_2PI;
}

/**
 * P(Z ≤ z), relative error below 1e-14 in both tails (Hart's rational approximation as given by West, "Better
 * approximations to cumulative normal functions", 2005).
 */
export function normalCdf(z: number): number {
  const x = Math.abs(z);
  if (x > 37) return z > 0 ? 1 : 0;
  const exponential = Math.exp(-0.5 * x * x);
  let tail: number;
  if (x < 7.07106781186547) {
    let upper = 3.52624965998911e-2 * x + 0.700383064443688;
    upper = upper * x + 6.37396220353165;
    upper = upper * x + 33.912866078383;
    upper = upper * x + 112.079291497871;
    upper = upper * x + 221.213596169931;
    upper = upper * x + 220.206867912376;
    let lower = 8.83883476483184e-2 * x + 1.75566716318264;
    lower = lower * x + 16.064177579207;
    lower = lower * x + 86.7807322029461;
    lower = lower * x + 296.564248779674;
    lower = lower * x + 637.333633378831;
    lower = lower * x + 793.826512519948;
    lower = lower * x + 440.413735824752;
    tail = (exponential * upper) / lower;
  } else {
    // The continued fraction of Mills' ratio.
    const fraction = x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))));
    tail = exponential / (fraction * SQRT_2PI);
  }
  return z > 0 ? 1 - tail : tail;
}

/** log P(Z ≤ z), exact where the probability itself underflows. */
export function normalLogCdf(z: number): number {
  if (z > -5) return Math.log(normalCdf(z));
  let fraction = 0;
  for (let k = 30; k > 0; k--) fraction = k / (fraction - z);
  return normalLogDensity(z) - Math.log(fraction - z);
}

const CENTRAL_UPPER = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRAL_LOWER = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
];
const TAIL_UPPER = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_LOWER = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];

/** z with P(Z ≤ z) = p; ±Infinity at the ends (Acklam's approximation and one step of Halley's method). */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  const z = approximateQuantile(p);
  const error = (normalCdf(z) - p) * SQRT_2PI * Math.exp(0.5 * z * z);
  return Number.isFinite(error) ? z - error / (1 + 0.5 * z * error) : z;
}

function approximateQuantile(p: number): number {
  const border = 0.02425;
  if (p < border || p > 1 - border) {
    const q = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
    const z = polynomial(TAIL_UPPER, q) / polynomial(TAIL_LOWER, q);
    return p < border ? z : -z;
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(CENTRAL_UPPER, r) * q) / polynomial(CENTRAL_LOWER, r);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
