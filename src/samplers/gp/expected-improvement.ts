import { normalCdf, normalDensity } from '../../core/normal';

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * log h(z), h(z) = φ(z) + z Φ(z): expected improvement is σ h(z) with z = (best − μ) / σ. Exact in the far tail too,
 * where h underflows (Ament et al., "Unexpected improvements to expected improvement", NeurIPS 2023).
 */
export function logH(z: number): number {
  if (z > -1) return Math.log(normalDensity(z) + z * normalCdf(z));
  if (z < -1e4) return -0.5 * z * z - LOG_SQRT_2PI - 2 * Math.log(-z);
  // h = φ (1 − |z| m), m = Mills' ratio; for far tails by the continued fraction of 1 − |z| m.
  return -0.5 * z * z - LOG_SQRT_2PI + Math.log(tailFactor(-z));
}

/** d log h / dz = Φ(z) / h(z). */
export function logHSlope(z: number): number {
  if (z > -1) return normalCdf(z) / (normalDensity(z) + z * normalCdf(z));
  const x = -z;
  return mills(x) / tailFactor(x);
}

/** Mills' ratio Φ(−x) / φ(x), x ≥ 1. */
function mills(x: number): number {
  if (x < 5) return normalCdf(-x) / normalDensity(x);
  let fraction = 0;
  for (let k = 30; k > 0; k--) fraction = k / (x + fraction);
  return 1 / (x + fraction);
}

/** 1 − x · Mills(x): with the continued fraction x + f it is f / (x + f), without cancellation. */
function tailFactor(x: number): number {
  if (x < 5) return Math.max(1 - x * mills(x), Number.MIN_VALUE);
  let fraction = 0;
  for (let k = 30; k > 0; k--) fraction = k / (x + fraction);
  return fraction / (x + fraction);
}
