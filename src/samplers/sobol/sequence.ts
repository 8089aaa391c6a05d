import { deriveSeed } from '../../core/random';
import { DIRECTIONS } from './directions';

const UNIT = 2 ** -32;

/**
 * Scrambled Sobol points in [0, 1)^d: a nested uniform scramble (Owen, 1995) by hashing (Laine and Karras, 2011, with
 * the constants of Burley, "Practical hash-based Owen scrambling", JCGT 2020), so that any point can be had by its index.
 */
export class SobolSequence {
  readonly dimensions: number;
  readonly #seeds: Uint32Array;

  /** @param dimensions at most {@link SobolSequence.most} */
  constructor(dimensions: number, seed: number) {
    this.dimensions = dimensions;
    this.#seeds = Uint32Array.from({ length: dimensions }, (_, i) => deriveSeed(seed, 'sobol', i) * 2);
  }

  /** Dimensions that there are direction numbers for. */
  static get most(): number {
    return DIRECTIONS.length;
  }

  /** @param index from 0, below 2^32 */
  coordinate(index: number, dimension: number): number {
    const directions = DIRECTIONS[dimension];
    if (directions === undefined) return NaN;
    let bits = 0;
    for (let rest = index >>> 0, i = 0; rest !== 0; rest >>>= 1, i++) {
      if ((rest & 1) === 1) bits ^= directions[i] ?? 0;
    }
    // Half a unit inward: never 0.
    return (scramble(bits, this.#seeds[dimension] ?? 0) + 0.5) * UNIT;
  }
}

/** Each bit is flipped by a hash of all bits above it. */
function scramble(bits: number, seed: number): number {
  let x = reverse(bits);
  x = (x + seed) | 0;
  x ^= Math.imul(x, 0x6c50b47c);
  x ^= Math.imul(x, 0xb82f1e52);
  x ^= Math.imul(x, 0xc7afe638);
  x ^= Math.imul(x, 0x8d22f6e6);
  return reverse(x) >>> 0;
}

function reverse(bits: number): number {
  let x = bits;
  x = (x << 16) | (x >>> 16);
  x = ((x & 0x00ff00ff) << 8) | ((x & 0xff00ff00) >>> 8);
  x = ((x & 0x0f0f0f0f) << 4) | ((x & 0xf0f0f0f0) >>> 4);
  x = ((x & 0x33333333) << 2) | ((x & 0xcccccccc) >>> 2);
  return ((x & 0x55555555) << 1) | ((x & 0xaaaaaaaa) >>> 1);
}
