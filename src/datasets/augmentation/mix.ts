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
  let k = 0;
  // Four at a time: the loop itself costs as much as its arithmetic.
  for (; k + 3 < width; k += 4) {
    const [at, from] = [to + k, start + k];
    const a = (out[at] ?? 0) + deviation * (pool[from] ?? 0);
    const b = (out[at + 1] ?? 0) + deviation * (pool[from + 1] ?? 0);
    const c = (out[at + 2] ?? 0) + deviation * (pool[from + 2] ?? 0);
    out[at + 3] = (out[at + 3] ?? 0) + deviation * (pool[from + 3] ?? 0);
    out[at] = a;
    out[at + 1] = b;
    out[at + 2] = c;
  }
  for (; k < width; k++) out[to + k] = (out[to + k] ?? 0) + deviation * (pool[start + k] ?? 0);
}

/** What a row keeps of itself, a function of (seed, index) alone. @param shares of {@link mixShares} */
export function shareOf(shares: Float32Array, seed: number, index: number): number {
  return shares[Math.floor(hashedUniform(seed, index) * SHARES)] ?? 1;
}

/**
 * Mixup (Zhang et al., ICLR 2018): each row of a batch becomes λ of itself and 1 − λ of the next one, the last one's next
 * being the first. Batches are shuffled, so that any two rows may meet.
 * @param data [rows, width]
 * @param shares [rows]: λ
 * @param indices columns at a row's end that cannot be mixed: they are those of the row with the larger share
 */
export function mixRows(
  data: Float32Array,
  width: number,
  rows: number,
  shares: Float32Array,
  indices: number,
): void {
  const first = data.slice(0, width);
  for (let i = 0; i < rows; i++) {
    const to = i * width;
    const share = shares[i] ?? 1;
    if (i + 1 === rows) mixRow(data, to, first, 0, width - indices, width, share);
    else mixRow(data, to, data, to + width, width - indices, width, share);
  }
}

function mixRow(
  data: Float32Array,
  to: number,
  other: Float32Array,
  from: number,
  amounts: number,
  width: number,
  share: number,
): void {
  const rest = 1 - share;
  let k = 0;
  for (; k + 3 < amounts; k += 4) {
    const [at, next] = [to + k, from + k];
    const a = share * (data[at] ?? 0) + rest * (other[next] ?? 0);
    const b = share * (data[at + 1] ?? 0) + rest * (other[next + 1] ?? 0);
    const c = share * (data[at + 2] ?? 0) + rest * (other[next + 2] ?? 0);
    data[at + 3] = share * (data[at + 3] ?? 0) + rest * (other[next + 3] ?? 0);
    data[at] = a;
    data[at + 1] = b;
    data[at + 2] = c;
  }
  for (; k < amounts; k++) data[to + k] = share * (data[to + k] ?? 0) + rest * (other[from + k] ?? 0);
  if (share < 0.5) for (k = amounts; k < width; k++) data[to + k] = other[from + k] ?? 0;
}
