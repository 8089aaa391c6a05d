import { hashedUniform } from '../../core/hashed-uniform';
import { streamOf, type RandomStream } from '../../core/random';

/** Draws of Beta(α, α) that rows take theirs from. */
const SHARES = 1 << 12;
/** Normal numbers of a pool: the least and the most. */
const NORMALS = { least: 1 << 16, most: 1 << 20 };

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

/** Standard normal numbers, for all trials of a thread: drawing them takes longer than anything else here. */
let normals = new Float32Array();

/**
 * Numbers of a normal distribution, of which a batch takes a run that begins anywhere. The same ones for every trial, but
 * for the deviation.
 * @param numbers of a batch. The pool has twice as many where a million are enough for that; else runs begin again at its
 *   start
 */
export function normalPool(numbers: number, deviation: number): Float32Array {
  const length = Math.min(NORMALS.most, Math.max(NORMALS.least, 2 * numbers));
  if (normals.length < length) {
    const stream = streamOf('noise');
    normals = new Float32Array(length);
    for (let i = 0; i < length; i++) normals[i] = stream.normal();
  }
  const pool = normals.slice(0, length);
  for (let i = 0; i < length; i++) pool[i] = (pool[i] ?? 0) * deviation;
  return pool;
}

/**
 * Writes the chosen rows of `source`, with noise.
 * @param source [any, width]; may be `out`, of rows that keep their place
 * @param places of the rows in `source`
 * @param out [places.length, width]
 * @param noise at least [places.length, width]
 * @param indices columns at a row's end that noise is not added to
 */
export function addNoise(
  source: Float32Array,
  places: Uint32Array,
  out: Float32Array,
  width: number,
  noise: Float32Array,
  indices: number,
): void {
  const amounts = width - indices;
  for (let i = 0; i < places.length; i++) {
    const to = i * width;
    const from = (places[i] ?? 0) * width;
    addNoiseToRow(source, from, out, to, amounts, noise);
    for (let k = amounts; k < width; k++) out[to + k] = source[from + k] ?? 0;
  }
}

function addNoiseToRow(
  source: Float32Array,
  from: number,
  out: Float32Array,
  to: number,
  width: number,
  noise: Float32Array,
): void {
  let k = 0;
  // Four at a time, here and below: the loop itself costs as much as its arithmetic.
  for (; k + 3 < width; k += 4) {
    const at = to + k;
    const a = from + k;
    out[at] = (source[a] ?? 0) + (noise[at] ?? 0);
    out[at + 1] = (source[a + 1] ?? 0) + (noise[at + 1] ?? 0);
    out[at + 2] = (source[a + 2] ?? 0) + (noise[at + 2] ?? 0);
    out[at + 3] = (source[a + 3] ?? 0) + (noise[at + 3] ?? 0);
  }
  for (; k < width; k++) out[to + k] = (source[from + k] ?? 0) + (noise[to + k] ?? 0);
}

/** What a row keeps of itself, a function of (seed, index) alone. @param shares of {@link mixShares} */
export function shareOf(shares: Float32Array, seed: number, index: number): number {
  return shares[Math.floor(hashedUniform(seed, index) * SHARES)] ?? 1;
}

/**
 * Mixup (Zhang et al., ICLR 2018): each row of a batch becomes λ of itself and 1 − λ of the next one, the last one's next
 * being the first. Batches are shuffled, so that any two rows may meet.
 *
 * Rounded as a compiled step does it, which mixes numbers itself where it can: `own + (next − own) · (1 − λ)` in float32.
 * @param source [any, width]; may be `out`, of rows that keep their place
 * @param places of the batch's rows in `source`
 * @param out [places.length, width]
 * @param shares [places.length]: λ
 * @param indices columns at a row's end that cannot be mixed: they are those of the row with the larger share
 * @param noise added to what has been mixed, in the same pass: memory is what a pass costs
 */
export function mixRows(
  source: Float32Array,
  places: Uint32Array,
  out: Float32Array,
  width: number,
  shares: Float32Array,
  indices: number,
  noise: Float32Array | null = null,
): void {
  const begin = (places[0] ?? 0) * width;
  const first = source.slice(begin, begin + width);
  const amounts = width - indices;
  const last = places.length - 1;
  for (let i = 0; i <= last; i++) {
    const own = (places[i] ?? 0) * width;
    const other = i === last ? first : source;
    const next = i === last ? 0 : (places[i + 1] ?? 0) * width;
    const to = i * width;
    const share = shares[i] ?? 1;
    const rest = Math.fround(1 - share);
    if (noise === null) mixRow(source, own, other, next, out, to, amounts, rest);
    else mixNoisyRow(source, own, other, next, out, to, amounts, rest, noise);
    for (let k = amounts; k < width; k++)
      out[to + k] = (share < 0.5 ? other[next + k] : source[own + k]) ?? 0;
  }
}

function mixed(own: number, next: number, rest: number): number {
  return Math.fround(own + Math.fround(Math.fround(next - own) * rest));
}

/** Apart from the one below, because most mixtures have no noise. */
function mixRow(
  source: Float32Array,
  own: number,
  other: Float32Array,
  next: number,
  out: Float32Array,
  to: number,
  width: number,
  rest: number,
): void {
  let k = 0;
  for (; k + 3 < width; k += 4) {
    const at = to + k;
    const a = own + k;
    const b = next + k;
    out[at] = mixed(source[a] ?? 0, other[b] ?? 0, rest);
    out[at + 1] = mixed(source[a + 1] ?? 0, other[b + 1] ?? 0, rest);
    out[at + 2] = mixed(source[a + 2] ?? 0, other[b + 2] ?? 0, rest);
    out[at + 3] = mixed(source[a + 3] ?? 0, other[b + 3] ?? 0, rest);
  }
  for (; k < width; k++) out[to + k] = mixed(source[own + k] ?? 0, other[next + k] ?? 0, rest);
}

function mixNoisyRow(
  source: Float32Array,
  own: number,
  other: Float32Array,
  next: number,
  out: Float32Array,
  to: number,
  width: number,
  rest: number,
  noise: Float32Array,
): void {
  let k = 0;
  for (; k + 3 < width; k += 4) {
    const at = to + k;
    const a = own + k;
    const b = next + k;
    out[at] = mixed(source[a] ?? 0, other[b] ?? 0, rest) + (noise[at] ?? 0);
    out[at + 1] = mixed(source[a + 1] ?? 0, other[b + 1] ?? 0, rest) + (noise[at + 1] ?? 0);
    out[at + 2] = mixed(source[a + 2] ?? 0, other[b + 2] ?? 0, rest) + (noise[at + 2] ?? 0);
    out[at + 3] = mixed(source[a + 3] ?? 0, other[b + 3] ?? 0, rest) + (noise[at + 3] ?? 0);
  }
  for (; k < width; k++)
    out[to + k] = mixed(source[own + k] ?? 0, other[next + k] ?? 0, rest) + (noise[to + k] ?? 0);
}
