import fc from 'fast-check';
import { deriveSeed, streamOf } from '../../src/core/random';

describe('a random stream', () => {
  it('depends on its parts alone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (seed, label) => {
        const draws = (): number[] => {
          const stream = streamOf(seed, label);
          return [stream.uniform(), stream.integer(0, 9), stream.normal()];
        };
        expect(draws()).toEqual(draws());
      }),
      { seed: 1 },
    );
    expect(deriveSeed(1, 'a')).not.toBe(deriveSeed(1, 'b'));
    expect(deriveSeed('1')).not.toBe(deriveSeed(1));
  });

  it('is uniform: no tenth is more than a fifth off in 20 000 draws', () => {
    const stream = streamOf(3);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const tenth = Math.floor(stream.uniform() * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(400);
  });

  it('is uniform in its first draws too, over streams of neighbouring numbers', () => {
    for (const skipped of [0, 1, 2]) {
      const counts = new Array<number>(10).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const stream = streamOf(3, 'sampler', i);
        for (let skip = 0; skip < skipped; skip++) stream.uniform();
        const tenth = Math.floor(stream.uniform() * 10);
        counts[tenth] = (counts[tenth] ?? 0) + 1;
      }
      for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    }
  });

  it('draws integers within both ends, each of them', () => {
    const stream = streamOf(4);
    const seen = new Set(Array.from({ length: 200 }, () => stream.integer(-1, 2)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });

  it('shuffles to a permutation', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const shuffled = streamOf(seed).shuffle([...items]);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
      }),
      { seed: 2 },
    );
  });

  it('shuffles every kind of list alike', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    expect([...streamOf(5).shuffle(Uint32Array.from(numbers))]).toEqual(streamOf(5).shuffle([...numbers]));
  });
});
