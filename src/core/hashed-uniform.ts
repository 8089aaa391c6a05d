/**
 * Uniform numbers in [0, 1) from a counter: a function of (seed, index) alone. The mixing is the finaliser of
 * MurmurHash3 (Appleby), applied twice.
 */
export function hashedUniform(seed: number, index: number): number {
  let h = Math.imul(index ^ (seed >>> 0), 0x9e3779b1) ^ seed;
  h = mix(h);
  h = mix(h + 0x6d2b79f5);
  return (h >>> 0) / 4294967296;
}

function mix(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
