import { hashedUniform } from '../../core/hashed-uniform';
import { streamOf, type RandomStream } from '../../core/random';

/** Draws of Beta(α, α) that rows take theirs from. */
const SHARES = 1 << 12;
/** Normal numbers; a row takes a run of them that begins anywhere. */
const NORMALS = 1 << 16;

/** Shares for mixup: draws of Beta(α, α), a function of α alone. */
export function mixShares(alpha: number): Float32Array {
  const stream = streamOf('mixup', String(alpha));
  return Float32Array.from({ length: SHARES }, () => {
    const [a, b] = [logGamma(stream, alpha), logGamma(stream, alpha)];
    return 1 / (1 + Math.exp(b - a));
  });
}

/** Logarithm of a draw of Gamma(shape, 1), by Marsaglia and Tsang (2000). */
function logGamma(stream: RandomStream, shape: number): number {
  if (shape < 1) return logGamma(stream, shape + 1) + Math.log(1 - stream.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = stream.normal();
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    const u = 1 - stream.uniform();
    if (Math.log(u) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return Math.log(d) + Math.log(v);
  }
}

/** Room for a row of `width` numbers after any beginning. */
export function normalPool(width: number): Float32Array {
  const stream = streamOf('noise');
  return Float32Array.from({ length: NORMALS + width }, () => stream.normal());
}

/** Adds normal noise to a row. @param u uniform, where in the pool its numbers begin */
export function addNoise(
  out: Float32Array,
  to: number,
  width: number,
  deviation: number,
  pool: Float32Array,
  u: number,
): void {
  const start = Math.floor(u * NORMALS);
  for (let k = 0; k < width; k++) out[to + k] = (out[to + k] ?? 0) + deviation * (pool[start + k] ?? 0);
}

/** Rows that are mixed, [rows, width]. */
export interface Mixed {
  readonly data: Float32Array;
  readonly width: number;
  /** Columns at a row's end that cannot be mixed: they are those of the row with the larger share. */
  readonly indices: number;
}

/**
 * Mixup (Zhang et al., ICLR 2018): each row of a batch becomes λ of itself and 1 − λ of the next one, the last one's next
 * being the first; targets too. Batches are shuffled, so that any two rows may meet.
 * @param rows of the batch, from `start` on
 * @param seed of the epoch; λ is a function of (seed, row in the training part)
 */
export function mixRows(
  values: readonly Mixed[],
  start: number,
  rows: number,
  rowAt: (i: number) => number,
  shares: Float32Array,
  seed: number,
  draw: (row: number) => number,
): void {
  for (const { data, width, indices } of values) {
    const amounts = width - indices;
    const first = data.slice(start * width, (start + 1) * width);
    for (let i = 0; i < rows; i++) {
      const share = shares[Math.floor(hashedUniform(seed, draw(rowAt(start + i))) * SHARES)] ?? 1;
      const to = (start + i) * width;
      const isLast = i + 1 === rows;
      const other = isLast ? first : data;
      const from = isLast ? 0 : to + width;
      for (let k = 0; k < amounts; k++) {
        data[to + k] = share * (data[to + k] ?? 0) + (1 - share) * (other[from + k] ?? 0);
      }
      if (share < 0.5) for (let k = amounts; k < width; k++) data[to + k] = other[from + k] ?? 0;
    }
  }
}
