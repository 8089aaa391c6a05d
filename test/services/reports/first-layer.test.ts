import { firstLayerOf } from '../../../src/services/reports/first-layer';

/** A stored network with these weights, one after the other. */
function stored(
  weights: readonly {
    readonly name?: string;
    readonly shape: readonly number[];
    readonly values: readonly number[];
  }[],
) {
  const specs = weights.map(({ name, shape }, i) => ({
    name: name ?? `w${String(i)}`,
    shape,
    dtype: 'float32',
  }));
  const bytes = Float32Array.from(weights.flatMap(({ values }) => values));
  return {
    json: JSON.stringify({ weightsManifest: [{ paths: ['weights.bin'], weights: specs }] }),
    bytes: new Uint8Array(bytes.buffer),
  };
}

function columns(...names: readonly string[]) {
  return names.map((name) => ({ name, size: 1 }));
}

describe('the first layer of a stored network', () => {
  it('is told of a table by the norm of the weights of each column, the largest first', () => {
    const { json, bytes } = stored([
      { shape: [2, 2], values: [3, 4, 0, 13] },
      { shape: [2], values: [9, 9] },
    ]);
    expect(firstLayerOf(json, bytes, columns('a', 'b'))).toEqual({
      kind: 'norms',
      features: [
        { name: 'b', norm: 13 },
        { name: 'a', norm: 5 },
      ],
    });
  });

  it('is told of an embedded category by the norm of all weights that leave its vector', () => {
    const { json, bytes } = stored([
      { name: 'category_0_embedding/embeddings', shape: [3, 1], values: [7, 7, 7] },
      { shape: [3, 1], values: [6, 3, 4] },
    ]);
    const features = [...columns('a'), { name: 'city', size: 2 }];
    expect(firstLayerOf(json, bytes, features)).toMatchObject({
      features: [
        { name: 'a', norm: 6 },
        { name: 'city', norm: 5 },
      ],
    });
  });

  it("is an ensemble's first member's, wherever that stands in the file", () => {
    const { json, bytes } = stored([
      { name: 'member_1_dense/kernel', shape: [2, 1], values: [5, 6] },
      { name: 'member_0_dense/kernel', shape: [2, 1], values: [1, 2] },
    ]);
    expect(firstLayerOf(json, bytes, columns('a', 'b'))).toMatchObject({
      features: [
        { name: 'b', norm: 2 },
        { name: 'a', norm: 1 },
      ],
    });
  });

  it('is told of images by its filters, each in the order of its pixels', () => {
    // [height 1, width 2, channels 1, filters 2]: the filters alternate.
    const { json, bytes } = stored([{ shape: [1, 2, 1, 2], values: [1, 10, 2, 20] }]);
    expect(firstLayerOf(json, bytes, [])).toEqual({
      kind: 'filters',
      size: [1, 2, 1],
      count: 2,
      filters: [
        [1, 2],
        [10, 20],
      ],
    });
  });

  it('skips what does not take the prepared columns, and is null where nothing does', () => {
    const { json, bytes } = stored([
      { shape: [3], values: [1, 1, 1] },
      { shape: [3, 1], values: [0, 0, 2] },
    ]);
    expect(firstLayerOf(json, bytes, columns('a', 'b', 'c'))).toMatchObject({
      features: [{ name: 'c', norm: 2 }, {}, {}],
    });
    expect(firstLayerOf(json, bytes, columns('a', 'b'))).toBeNull();
  });
});
