import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

export type IdPrefix = 'ds' | 'st' | 'md';

let lastTime = 0;

/** A new id that sorts by creation within this process and, to the millisecond, across processes: `st_01…`. */
export function newId(prefix: IdPrefix): string {
  // Never the same millisecond twice, so that ids made in a burst keep their order.
  lastTime = Math.max(Date.now(), lastTime + 1);
  let time = '';
  for (let rest = lastTime, i = 0; i < TIME_CHARACTERS; i++, rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32] ?? ''}${time}`;
  }
  const random = [...randomBytes(RANDOM_CHARACTERS)].map((byte) => ALPHABET[byte % 32]).join('');
  return `${prefix}_${time}${random}`;
}
