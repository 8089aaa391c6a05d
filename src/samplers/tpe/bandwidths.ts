import type { Code, Encoding } from '../encoding';
import type { KernelRule } from './mixture';

/**
 * Bandwidths are this part of the points' own spread, times n^(−1/(d + 4)) (Scott's rule has 1): narrower, so that good
 * trials that lie together are followed closely. Found on test functions (`npm run bench -- search`).
 */
const SCALE = 0.55;
/** Of the range: how narrow a kernel may become. */
const NARROWEST = 1e-4;
/** A kernel's probability to leave its category. */
const LEAVE = 0.2;

export function kernelRuleOf(encoding: Encoding, codes: readonly Code[]): KernelRule {
  const { size, categories, counts } = encoding;
  const shrink = Math.pow(Math.max(1, codes.length), -1 / (size + 4));
  const bandwidths = new Float64Array(size);
  for (let axis = 0; axis < size; axis++) {
    if (categories[axis]! > 0) continue;
    const cell = counts[axis]! > 0 ? 1 / counts[axis]! : 0;
    bandwidths[axis] = Math.max(SCALE * spreadOf(codes, axis) * shrink, 0.5 * cell, NARROWEST);
  }
  return { bandwidths, leave: LEAVE };
}

/** Standard deviation of the active coordinates and of one uniform draw beside them. */
function spreadOf(codes: readonly Code[], axis: number): number {
  let count = 1;
  let mean = 0.5;
  let square = 1 / 3;
  for (const code of codes) {
    const at = code[axis]!;
    if (Number.isNaN(at)) continue;
    count += 1;
    mean += at;
    square += at * at;
  }
  mean /= count;
  return Math.sqrt(Math.max(0, square / count - mean * mean));
}
