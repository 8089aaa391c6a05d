/**
 * Uniform numbers in [0, 1) from a counter: a function of (seed, index) alone, so that a mask does not depend on what
 * was drawn before it. The mixing is the finaliser of MurmurHash3 (Appleby), applied twice.
 */
export function hashedUniform(seed: number, index: number): number {
  let h = Math.imul(index ^ (seed >>> 0), 0x9e3779b1) ^ seed;
  h = mix(h);
  h = mix(h + 0x6d2b79f5);
  return (h >>> 0) / 4294967296;
}

/** A dropout mask: 0 with probability `rate`, else 1 / (1 − rate). */
export function dropoutMask(length: number, rate: number, seed: number): Float32Array {
  const mask = new Float32Array(length);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < length; i++) if (hashedUniform(seed, i) >= rate) mask[i] = kept;
  return mask;
}

function mix(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
