import { InvalidError } from '../../src/core/errors';
import type { JsonValue } from '../../src/core/json';
import { streamOf } from '../../src/core/random';
import type { Params } from '../../src/core/trial';
import {
  completeParams,
  countPoints,
  fill,
  holes,
  isInside,
  parseSpace,
  pointAt,
  sample,
} from '../../src/space';

function errorsOf(document: JsonValue): string[] {
  try {
    parseSpace(document);
  } catch (error) {
    if (error instanceof InvalidError) return error.errors.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const LAYERS = {
  model: {
    layers: [
      { flatten: {} },
      {
        $repeat: [1, 3],
        name: 'depth',
        of: {
          dense: {
            units: { $int: [8, 64], log: true },
            activation: { $choice: ['relu', 'tanh'], name: 'activation' },
          },
        },
      },
      { dense: { units: 1 } },
    ],
  },
};

describe('filling', () => {
  it('returns a document without holes as it is', () => {
    const document = { a: [1, { b: null }] };
    expect(fill(document, {})).toBe(document);
  });

  it('puts each value where its hole stands', () => {
    const document = {
      lr: { $float: [0.1, 1] },
      units: { $int: [1, 9], name: 'width' },
      act: { $choice: ['relu', null, 3] },
    };
    expect(fill(document, { lr: 0.5, width: 4, act: null })).toEqual({ lr: 0.5, units: 4, act: null });
  });

  it('splices the copies of a repeat into the list it stands in', () => {
    const params = {
      depth: 2,
      'depth[0].dense.units': 8,
      'activation[0]': 'relu',
      'depth[1].dense.units': 16,
      'activation[1]': 'tanh',
    };
    expect(fill(LAYERS, params)).toEqual({
      model: {
        layers: [
          { flatten: {} },
          { dense: { units: 8, activation: 'relu' } },
          { dense: { units: 16, activation: 'tanh' } },
          { dense: { units: 1 } },
        ],
      },
    });
  });

  it('makes a list of the copies of a repeat that stands elsewhere, and keeps a list as one element', () => {
    expect(fill({ a: { $repeat: [2, 2], of: 7 } }, { a: 2 })).toEqual({ a: [7, 7] });
    expect(fill([{ $repeat: [2, 2], of: [7] }], { '[0]': 2 })).toEqual([[7], [7]]);
  });

  it('gives a reference the value of the hole it names, of its own copy first', () => {
    const document = { $repeat: [2, 2], name: 'n', of: { a: { $int: [1, 9], name: 'w' }, b: { $ref: 'w' } } };
    expect(fill(document, { n: 2, 'w[0]': 3, 'w[1]': 5 })).toEqual([
      { a: 3, b: 3 },
      { a: 5, b: 5 },
    ]);
    const option = { a: { $choice: [{ x: 1 }, { y: 2 }], name: 'c' }, b: { $ref: 'c' } };
    expect(fill(option, { c: 'y' })).toEqual({ a: { y: 2 }, b: { y: 2 } });
  });

  it('keeps what stands in a literal, words and all', () => {
    expect(fill({ a: { $literal: { $choice: [1] } } }, {})).toEqual({ a: { $choice: [1] } });
  });

  it('keeps keys that mean something to JavaScript', () => {
    const document = JSON.parse(
      '{"__proto__": {"$int": [1, 2]}, "constructor": {"$int": [1, 2]}}',
    ) as JsonValue;
    const filled = fill(document, JSON.parse('{"__proto__": 2, "constructor": 1}') as Params);
    expect(JSON.stringify(filled)).toBe('{"__proto__":2,"constructor":1}');
  });
});

describe('names and conditions', () => {
  it('are the path where a hole has no name of its own', () => {
    expect(holes(LAYERS).map(({ name, path, condition }) => [name, path, condition])).toEqual([
      ['depth', 'model.layers[1]', null],
      ['depth[0].dense.units', 'model.layers[1].dense.units', { hole: 'depth', atLeast: 1 }],
      ['activation[0]', 'model.layers[1].dense.activation', { hole: 'depth', atLeast: 1 }],
      ['depth[1].dense.units', 'model.layers[2].dense.units', { hole: 'depth', atLeast: 2 }],
      ['activation[1]', 'model.layers[2].dense.activation', { hole: 'depth', atLeast: 2 }],
      ['depth[2].dense.units', 'model.layers[3].dense.units', { hole: 'depth', atLeast: 3 }],
      ['activation[2]', 'model.layers[3].dense.activation', { hole: 'depth', atLeast: 3 }],
    ]);
  });

  it('say which option a hole stands in', () => {
    const document = { optimizer: { $choice: [{ sgd: { momentum: { $float: [0, 0.99] } } }, 'adam'] } };
    expect(holes(document)).toEqual([
      { name: 'optimizer', path: 'optimizer', kind: 'choice', options: ['sgd', 'adam'], condition: null },
      {
        name: 'optimizer.sgd.momentum',
        path: 'optimizer.sgd.momentum',
        kind: 'float',
        low: 0,
        high: 0.99,
        log: false,
        condition: { hole: 'optimizer', option: 'sgd' },
      },
    ]);
    expect(isInside(document, { optimizer: 'adam' })).toBe(true);
    expect(isInside(document, { optimizer: 'adam', 'optimizer.sgd.momentum': 0.5 })).toBe(false);
    expect(isInside(document, { optimizer: 'sgd' })).toBe(false);
  });

  it('label options by "labels", by their one key, or by their place', () => {
    expect(holes({ $choice: [{ a: 1 }, { b: 1, c: 2 }, [1], 5, '5', null, true] })[0]?.options).toEqual([
      'a',
      '#1',
      '#2',
      5,
      '5',
      null,
      true,
    ]);
    expect(
      holes({
        $choice: [
          { a: 1, b: 2 },
          { a: 3, b: 4 },
        ],
        labels: ['small', 'large'],
      })[0]?.options,
    ).toEqual(['small', 'large']);
  });

  it('tell a hole that is itself an option from its choice by the label', () => {
    const document = { clip: { $choice: [null, { $float: [0.1, 5] }] } };
    expect(holes(document).map(({ name }) => name)).toEqual(['clip', 'clip.$float']);
    expect(fill(document, { clip: '$float', 'clip.$float': 2 })).toEqual({ clip: 2 });
  });

  it('make one parameter of holes with one name, in different options too', () => {
    const width = { $int: [1, 4], name: 'width' };
    const document = { a: { $choice: [{ x: width }, { y: width }], name: 'c' }, b: width };
    expect(holes(document).map(({ name }) => name)).toEqual(['c', 'width']);
    expect(countPoints(parseSpace(document))).toBe(8n);
    expect(fill(document, { c: 'y', width: 3 })).toEqual({ a: { y: 3 }, b: 3 });
  });

  it('gives up counting where holes in several places would take too many states', () => {
    const hole = (i: number): JsonValue => ({ name: `shared${String(i)}`, $choice: [1, 2, 3] });
    const all = Array.from({ length: 15 }, (_, i) => hole(i));
    expect(countPoints(parseSpace({ first: all, second: all }))).toBeNull();
    expect(countPoints(parseSpace({ first: all.slice(0, 4), second: all.slice(0, 4) }))).toBe(81n);
  });

  it('does not list the values of a number to count them', () => {
    const many = { $int: [1, 1_000_000_000] };
    const space = parseSpace({ a: many, b: { $float: [0, 1], step: 1e-9 }, c: { $choice: ['x', many] } });
    expect(countPoints(space)).toBe(1_000_000_000n * 1_000_000_001n * 1_000_000_001n);
    expect(pointAt(parseSpace({ a: many }), 999_999_999n)).toEqual({ a: 1_000_000_000 });
    // Shared, they have to be.
    const shared = { ...many, name: 'u' };
    expect(countPoints(parseSpace({ first: shared, second: shared }))).toBeNull();
    const few = { $int: [1, 2000], name: 'u' };
    expect(countPoints(parseSpace({ first: few, second: few }))).toBe(2000n);
  });
});

describe('values', () => {
  it.each<[string, JsonValue, unknown, boolean]>([
    ['the low end', { $float: [0.5, 1] }, 0.5, true],
    ['the high end', { $int: [1, 4] }, 4, true],
    ['beyond the high end', { $int: [1, 4] }, 5, false],
    ['a fraction for an integer', { $int: [1, 4] }, 2.5, false],
    ['a step of a tenth', { $float: [0, 1], step: 0.1 }, 0.3, true],
    ['between two steps', { $float: [0, 1], step: 0.1 }, 0.35, false],
    ['a text for a number', { $float: [0, 1] }, '0.5', false],
    ['1 for "1"', { $choice: ['1', '01'] }, 1, false],
    ['any number for a normal', { $normal: [0, 1] }, -1e9, true],
    ['a multiple for a quantized normal', { $qnormal: [0, 1, 0.5] }, 1.5, true],
    ['no multiple for a quantized normal', { $qnormal: [0, 1, 0.5] }, 1.4, false],
    ['the upper end of randint', '{{randint(4)}}', 4, false],
    ['a value of an exponent range', '{{loguniform(-9, -2)}}', Math.exp(-5), true],
    ['zero below a coarse quantum', '{{qloguniform(0, 3, 8)}}', 0, true],
  ])('%s is judged right', (_, hole, value, inside) => {
    expect(isInside({ h: hole }, { h: value as never })).toBe(inside);
  });

  it('on a lattice are decimals without a tail', () => {
    const space = parseSpace({ h: { $float: [0, 1], step: 0.1 } });
    const points = Array.from({ length: 11 }, (_, i) => pointAt(space, BigInt(i))['h']);
    expect(points).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it('are spread as their scale says', () => {
    const stream = streamOf(1);
    const space = parseSpace({
      a: { $float: [0.0001, 1], log: true },
      b: { $int: [1, 4] },
      c: { $normal: [5, 2] },
    });
    const points = Array.from({ length: 4000 }, () => sample(space, stream));
    const share = (test: (point: Params) => boolean): number => points.filter(test).length / points.length;
    expect(share(({ a }) => Number(a) < 0.01)).toBeCloseTo(0.5, 1);
    expect(share(({ b }) => b === 1)).toBeCloseTo(0.25, 1);
    expect(share(({ b }) => b === 4)).toBeCloseTo(0.25, 1);
    expect(share(({ c }) => Number(c) < 5)).toBeCloseTo(0.5, 1);
    expect(share(({ c }) => Number(c) < 7)).toBeCloseTo(0.84, 1);
  });
});

describe('Hyperas strings', () => {
  it.each<[string, unknown]>([
    ['{{choice([32, 64])}}', [32, 64]],
    ['{{ choice([\'relu\', "tanh", None, True, 1e-3]) }}', ['relu', 'tanh', null, true, 0.001]],
    ['{{choice([{"a": 1}, {"b": [1, 2,]}])}}', ['a', 'b']],
  ])('%s is a choice', (text, options) => {
    expect(holes(text)[0]?.options).toEqual(options);
  });

  it('take natural logarithms, as in Hyperopt', () => {
    const [hole] = holes({ lr: '{{loguniform(-9, -2)}}' });
    expect(hole).toMatchObject({ kind: 'float', log: true });
    expect(hole?.low).toBeCloseTo(Math.exp(-9), 12);
    expect(hole?.high).toBeCloseTo(Math.exp(-2), 12);
  });

  it.each([
    '{{choice([32, 64]}}',
    '{{chioce([1])}}',
    '{{uniform(0)}}',
    '{{uniform(1, 0)}}',
    '{{choice(3)}}',
    '{{',
    '{{uniform(0, 1)}} x',
  ])('%s is refused with its place', (text) => {
    expect(errorsOf({ a: { b: text } })).toEqual([expect.stringMatching(/^a\.b: /)]);
  });

  it('are read in linear time', () => {
    const started = performance.now();
    expect(errorsOf(`{{choice([${'('.repeat(100_000)}`)).toHaveLength(1);
    expect(errorsOf(`{{choice([${'1,'.repeat(200_000)}`)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('errors', () => {
  it.each<[JsonValue, string]>([
    [
      { model: { layers: [1, { rate: { $float: [0.5, 0.1] } }] } },
      'model.layers[1].rate: $float [0.5,0.1]: low must not exceed high',
    ],
    [{ a: { $float: [0, 1], log: true } }, 'a: $float [0,1]: low must be above 0 on a log scale'],
    [{ a: { $int: [0.5, 2] } }, 'a: $int [0.5,2]: low and high must be integers'],
    [{ a: { $int: [1, 2], stpe: 1 } }, 'a: unknown field "stpe" beside $int'],
    [{ a: { $float: [0, 1], step: -1 } }, 'a: $float [0,1]: step -1 must be a number above 0'],
    [{ a: { $choice: [] } }, 'a: $choice []: must be a list of at least one option'],
    [{ a: { $choice: [1, 1] } }, 'two options are called 1'],
    [{ a: { $choice: [{ x: 1 }, { x: 2 }] } }, 'two options are called "x"; give each its own with "labels"'],
    [{ a: { $choice: [1, 2], labels: ['one'] } }, 'a: labels ["one"]: must be a list of 2 texts'],
    [{ a: { $coice: [1] } }, 'a: "$coice" is no word of the search-space language'],
    [{ a: { $repeat: [1, 65], of: 1 } }, 'at most 64 copies'],
    [{ a: { $repeat: [3, 1], of: 1 } }, 'low must not exceed high'],
    [{ a: { $repeat: [1, 2] } }, '"of" is missing'],
    [{ a: { $ref: 'nothing' } }, 'a: $ref "nothing": there is no hole of that name'],
    [
      { a: { $choice: [{ x: { $int: [1, 2], name: 'w' } }, null] }, b: { $ref: 'w' } },
      'b: $ref "w": that hole is not active wherever this $ref is',
    ],
    [{ a: { $choice: [{ x: { $ref: 'c' } }, 1], name: 'c' } }, 'stands inside the hole that it names'],
    [
      { a: { $int: [1, 2], name: 'w' }, b: { $int: [1, 3], name: 'w' } },
      'b: "w" is defined differently at a',
    ],
  ])('%j is refused', (document, message) => {
    expect(errorsOf(document).join('\n')).toContain(message);
  });

  it('are all told at once', () => {
    expect(errorsOf({ a: { $int: [2, 1] }, b: { $float: [2, 1] } })).toHaveLength(2);
  });

  it('accepts a reference that every option covers, or every copy has', () => {
    const w = { $int: [1, 2], name: 'w' };
    expect(errorsOf({ a: { $choice: [{ x: w }, { y: w }] }, b: { $ref: 'w' } })).toEqual([]);
    expect(errorsOf({ a: { $repeat: [1, 2], name: 'n', of: { u: w } }, b: { $ref: 'w[0]' } })).toEqual([]);
    expect(errorsOf({ a: { $repeat: [0, 2], name: 'n', of: { u: w } }, b: { $ref: 'w[0]' } })).toHaveLength(
      1,
    );
  });

  it('refuses what would be too large before it is expanded', () => {
    const nested = (depth: number): JsonValue =>
      depth === 0 ? { $int: [1, 2] } : { $repeat: [1, 64], of: nested(depth - 1) };
    expect(() => parseSpace(nested(6))).toThrow(/at most 10000 are allowed/);
    let deep: JsonValue = 1;
    for (let i = 0; i < 70; i++) deep = [deep];
    expect(() => parseSpace(deep)).toThrow(/nested more than 64 deep/);
  });
});

describe('completing a point', () => {
  const space = parseSpace({
    optimizer: { $choice: [{ sgd: { momentum: { $float: [0, 1] } } }, 'adam', 'rmsprop'] },
    layers: { $repeat: [1, 4], name: 'n', of: { $int: [1, 8], name: 'units' } },
  });

  it('keeps what is given, draws the rest, and opens what given values lie in', () => {
    for (let seed = 0; seed < 20; seed++) {
      const point = completeParams(space, { 'optimizer.sgd.momentum': 0.5, 'units[2]': 3 }, streamOf(seed));
      expect(point).toMatchObject({ optimizer: 'sgd', 'optimizer.sgd.momentum': 0.5, 'units[2]': 3 });
      expect(point['n']).toBeGreaterThanOrEqual(3);
    }
  });

  it('refuses what lies outside, by name', () => {
    expect(() => completeParams(space, { optimizer: 'adamw' }, streamOf(1))).toThrow(
      /optimizer: "adamw" must be one of/,
    );
    expect(() => completeParams(space, { widht: 1 }, streamOf(1))).toThrow(
      /widht: there is no hole of this name/,
    );
    expect(() =>
      completeParams(space, { optimizer: 'adam', 'optimizer.sgd.momentum': 0.5 }, streamOf(1)),
    ).toThrow(/not active/);
  });
});
