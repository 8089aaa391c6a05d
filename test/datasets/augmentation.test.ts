import { Augmenter, chooseRows } from '../../src/datasets';
import type { Augmentation } from '../../src/core/specification';
import { mixShares } from '../../src/datasets/augmentation/mix';

const SIDE = 9;
const SIZE = SIDE * SIDE;
const ROWS = 400;
const NO_TARGETS = new Float32Array();
const order = Uint32Array.from({ length: ROWS }, (_, i) => i);

/** Images with one white pixel, a little off the middle; bytes are the input as they are. */
function dots(at = { x: 5, y: 4 }): {
  kind: 'pixels';
  bytes: Uint8Array;
  scale: { factor: number[]; offset: number[] };
} {
  const bytes = new Uint8Array(ROWS * SIZE);
  for (let i = 0; i < ROWS; i++) bytes[i * SIZE + at.y * SIDE + at.x] = 255;
  return { kind: 'pixels', bytes, scale: { factor: [1], offset: [0] } };
}

function changed(
  strengths: Augmentation,
  rows: ReturnType<typeof dots> | Float32Array = dots(),
  seed = 7,
): Float32Array {
  const x = new Float32Array(ROWS * SIZE);
  new Augmenter(rows, [SIDE, SIDE, 1], strengths, ROWS).gather(order, x, NO_TARGETS, 0, seed, 0);
  return x;
}

function image(x: Float32Array, i: number): Float32Array {
  return x.subarray(i * SIZE, (i + 1) * SIZE);
}

/** Where the light of an image lies on average, from the top left pixel. */
function centre(pixels: Float32Array): { readonly x: number; readonly y: number } {
  let [sum, x, y] = [0, 0, 0];
  pixels.forEach((value, k) => {
    sum += value;
    x += value * (k % SIDE);
    y += value * Math.floor(k / SIDE);
  });
  return { x: x / sum, y: y / sum };
}

const centres = (x: Float32Array): readonly { readonly x: number; readonly y: number }[] =>
  Array.from({ length: ROWS }, (_, i) => centre(image(x, i)));

describe('a changed image', () => {
  it('is itself where all strengths are 0', () => {
    expect([...changed({ flip: 0, rotate: 0, cutout: 0 })]).toEqual([...dots().bytes]);
  });

  it('is mirrored as often as is asked for', () => {
    const places = centres(changed({ flip: 0.25 })).map(({ x }) => x);
    expect(new Set(places)).toEqual(new Set([3, 5]));
    const share = places.filter((x) => x === 3).length / ROWS;
    // Three standard deviations of 400 draws.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.065);
  });

  it('is shifted by whole pixels, in both directions and no further than is allowed', () => {
    const places = centres(changed({ shift: 0.25 }));
    const moves = [...new Set(places.map(({ x }) => 5 - x))].sort((a, b) => a - b);
    expect(moves).toEqual([-2, -1, 0, 1, 2]);
    expect(new Set(places.map(({ y }) => y)).size).toBe(5);
  });

  it('turns around its middle, both ways', () => {
    const dot = dots({ x: 7, y: 4 });
    const angles = centres(changed({ rotate: 45 }, dot)).map(
      ({ x, y }) => (Math.atan2(y - 4, x - 4) * 180) / Math.PI,
    );
    expect(Math.min(...angles)).toBeLessThan(-38);
    expect(Math.max(...angles)).toBeGreaterThan(38);
    expect(Math.max(...angles.map(Math.abs))).toBeLessThan(46);
  });

  it('becomes larger and smaller', () => {
    const reach = centres(changed({ zoom: 0.3 }, dots({ x: 7, y: 4 }))).map(({ x }) => x - 4);
    expect(Math.min(...reach)).toBeLessThan(2.4);
    expect(Math.max(...reach)).toBeGreaterThan(3.5);
  });

  it('becomes lighter and darker, and stays between black and white', () => {
    const grey = { ...dots(), bytes: new Uint8Array(ROWS * SIZE).fill(128) };
    const light = changed({ brightness: 0.8 }, grey);
    const values = Array.from({ length: ROWS }, (_, i) => image(light, i)[0] ?? NaN);
    expect(Math.min(...values)).toBe(0);
    expect(Math.max(...values)).toBe(255);
    const contrast = changed({ contrast: 0.5 });
    expect(Math.max(...contrast)).toBeLessThanOrEqual(255);
    expect(
      new Set(Array.from({ length: ROWS }, (_, i) => Math.max(...image(contrast, i)))).size,
    ).toBeGreaterThan(50);
  });

  it('loses a square, which is 0 in the input', () => {
    const white = {
      ...dots(),
      bytes: new Uint8Array(ROWS * SIZE).fill(255),
      scale: { factor: [1], offset: [-100] },
    };
    const cut = changed({ cutout: 1 / 3 }, white);
    const lost = Array.from({ length: ROWS }, (_, i) => image(cut, i).filter((v) => v === 0).length);
    expect(Math.max(...lost)).toBe(9);
    expect(Math.min(...lost)).toBeGreaterThan(0);
  });

  it('is a function of the epoch’s seed and the row alone, whatever is gathered with it', () => {
    const strengths = { rotate: 30, shift: 0.2, flip: 0.5, cutout: 0.2, contrast: 0.3 };
    const all = changed(strengths);
    const one = new Float32Array(SIZE);
    new Augmenter(dots(), [SIDE, SIDE, 1], strengths, 1).gather(
      Uint32Array.of(123),
      one,
      NO_TARGETS,
      0,
      7,
      0,
    );
    expect([...one]).toEqual([...image(all, 123)]);
    expect([...changed(strengths, dots(), 8)]).not.toEqual([...all]);
  });
});

describe('noise', () => {
  it('is normal, with the deviation that is asked for', () => {
    const x = changed({ noise: 0.5 }, new Float32Array(ROWS * SIZE));
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(deviation).toBeCloseTo(0.5, 1);
  });

  it('is another one at every step and in every epoch, and the same again', () => {
    const zeros = new Float32Array(ROWS * SIZE);
    const augmenter = new Augmenter(zeros, [SIZE], { noise: 1 }, ROWS);
    const at = (seed: number, step: number): number[] => {
      const x = new Float32Array(ROWS * SIZE);
      augmenter.gather(order, x, NO_TARGETS, 0, seed, step);
      return [...x];
    };
    const first = at(1, 0);
    expect(at(1, 1)).not.toEqual(first);
    expect(at(2, 0)).not.toEqual(first);
    expect(at(1, 0)).toEqual(first);
  });

  it('is the same whatever other trials of the thread asked for', () => {
    const noiseOf = (batch: number): Float32Array | null =>
      new Augmenter(new Float32Array(), [1], { noise: 0.5 }, batch).noise;
    const [small, large, again] = [noiseOf(10), noiseOf(100_000), noiseOf(10)];
    expect(large).toHaveLength(200_000);
    expect(again).toEqual(small);
    expect(large?.subarray(0, small?.length)).toEqual(small);
  });

  it('begins again where a batch is larger than the pool, which has a million numbers at most', () => {
    const rows = 1500;
    const zeros = new Float32Array(rows * 1000);
    const augmenter = new Augmenter(zeros, [1000], { noise: 1 }, rows);
    expect(augmenter.noise).toHaveLength(1 << 20);
    // No run of the pool is as long: the step is given its rows.
    expect(augmenter.onlyAdds).toBe(false);
    const x = new Float32Array(rows * 1000);
    augmenter.gather(
      Uint32Array.from({ length: rows }, (_, i) => i),
      x,
      NO_TARGETS,
      0,
      1,
      0,
    );
    const start = augmenter.noiseStart(1, 0);
    expect([...x.subarray(0, 100)]).toEqual([...(augmenter.noise ?? []).slice(start, start + 100)]);
    expect([...x.subarray(1 << 20, (1 << 20) + 100)]).toEqual([...x.subarray(0, 100)]);
  });
});

describe('mixup', () => {
  it('has shares with the mean and variance of Beta(α, α)', () => {
    for (const alpha of [0.2, 1, 4]) {
      const shares = mixShares(alpha);
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(Math.abs(variance / (1 / (4 * (2 * alpha + 1))) - 1)).toBeLessThan(0.1);
    }
  });

  it('mixes inputs and targets of a batch by the same shares, and keeps to the batch', () => {
    const rows = Float32Array.from({ length: 10 }, (_, i) => i);
    const augmenter = new Augmenter(rows, [1], { mixup: 1 }, 4);
    const x = new Float32Array(10);
    const y = rows.slice();
    for (let from = 0; from < 10; from += 4) {
      const [own, targets] = [x, y].map((all) => all.subarray(from, from + 4));
      augmenter.gather(
        Uint32Array.from(rows.subarray(from, from + 4)),
        own ?? x,
        targets ?? y,
        1,
        3,
        from / 4,
      );
    }
    expect([...x]).toEqual([...y]);
    expect([...x]).not.toEqual([...rows]);
    x.forEach((value, i) => {
      const start = i - (i % 4);
      const next = i + 1 < Math.min(10, start + 4) ? i + 1 : start;
      expect(value).toBeGreaterThanOrEqual(Math.min(i, next));
      expect(value).toBeLessThanOrEqual(Math.max(i, next));
    });
  });

  it('leaves places of categories whole: they are those of the row that counts more', () => {
    // A number, and an index.
    const rows = Float32Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? i : 1000 + i));
    const order = Uint32Array.from({ length: 100 }, (_, i) => i);
    const x = new Float32Array(200);
    new Augmenter(rows, [2], { mixup: 1 }, 100, 1).gather(order, x, new Float32Array(100), 1, 3, 0);
    const kept = order.map((i) => Number(x[2 * i + 1] === rows[2 * i + 1]));
    order.forEach((i) => {
      const next = (i + 1) % 100;
      expect([rows[2 * i + 1], rows[2 * next + 1]]).toContain(x[2 * i + 1]);
      const [a, b] = [2 * i, 2 * next];
      const isNearer = Math.abs((x[2 * i] ?? NaN) - a) <= Math.abs((x[2 * i] ?? NaN) - b);
      expect(Boolean(kept[i])).toBe(isNearer);
    });
    expect(kept.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(30);
    expect(kept.reduce((sum, each) => sum + each, 0)).toBeLessThan(70);
  });

  it('adds noise to mixed amounts as to others, and none to places of categories', () => {
    const rows = Float32Array.from({ length: 2000 }, (_, i) => i);
    const order = Uint32Array.from({ length: 400 }, (_, i) => (7 * i) % 400);
    const augmented = (
      strengths: Augmentation,
      of: ConstructorParameters<typeof Augmenter>[0] = rows,
    ): Float32Array => {
      const x = new Float32Array(2000);
      new Augmenter(of, [5], strengths, 400, 1).gather(order, x, new Float32Array(400), 1, 3, 0);
      return x;
    };
    const all = Uint32Array.from({ length: 400 }, (_, i) => i);
    for (const strengths of [{ mixup: 1 }, {}]) {
      const [still, noisy] = [augmented(strengths), augmented({ ...strengths, noise: 0.5 })];
      const noise = noisy.map((value, i) => value - (still[i] ?? NaN));
      const amounts = noise.filter((_, i) => i % 5 !== 4);
      expect(Math.sqrt(amounts.reduce((sum, value) => sum + value ** 2, 0) / 1600)).toBeCloseTo(0.5, 1);
      expect([...noise.filter((_, i) => i % 5 === 4)].every((value) => value === 0)).toBe(true);
      // Of rows that are chosen from others, the same.
      expect(augmented({ ...strengths, noise: 0.5 }, chooseRows(rows, all))).toEqual(noisy);
    }
  });
});
