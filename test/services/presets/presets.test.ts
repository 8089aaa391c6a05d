import type { JsonObject } from '../../../src/core/json';
import { streamOf } from '../../../src/core/random';
import { expandPresets, presets } from '../../../src/services/presets';
import { toTrialConfig } from '../../../src/services/specification';
import { fill, parseSpace, sample } from '../../../src/space';
import { images, resolve } from '../specification/context';

const SMALL = { rows: 300, features: 6 };
const WIDE = { rows: 1500, features: 100 };
const LARGE = { rows: 1_000_000, features: 50 };

function trial(document: JsonObject, seed: number): readonly JsonObject[] {
  const space = parseSpace({ preparation: {}, model: document, training: {} });
  const filled = fill(space, sample(space, streamOf(seed))) as JsonObject;
  const { model } = toTrialConfig(filled, 'multiclass');
  return 'layers' in model ? model.layers : [];
}

describe('the presets', () => {
  it('are dense, linear and cnn, for every task', () => {
    expect(presets().map(({ name }) => name)).toEqual(['dense', 'linear', 'cnn']);
    for (const { tasks, description } of presets()) {
      expect(tasks).toEqual(['binary', 'multiclass', 'regression']);
      expect(description).not.toBe('');
    }
  });

  it.each(presets())('show $name as a document that can be given as the model', ({ name, document }) => {
    const study = (model: JsonObject): ReturnType<typeof resolve> =>
      name === 'cnn' ? resolve({ target: 'label', model }, images()) : resolve({ model });
    const copied = study(document);
    expect(copied.document['model']).toEqual(document);
    expect(copied.space.holes.map((hole) => hole.name)).toEqual(
      study({ preset: name }).space.holes.map((hole) => hole.name),
    );
  });

  it('have holes with short names', () => {
    const { space } = resolve({ model: { preset: 'dense' } });
    expect(space.holes.map(({ name }) => name).sort()).toEqual(
      ['activation', 'batchNormalization', 'dropout', 'l2', 'moreLayers', 'units'].sort(),
    );
  });

  it('draw networks of one to three hidden layers, each with the initialiser that suits its activation', () => {
    const depths = new Set<number>();
    const family = (layer: JsonObject | undefined): string => JSON.stringify(layer ?? {});
    for (let seed = 0; seed < 100; seed++) {
      const layers = trial(expandPresets({ preset: 'dense' }, SMALL) as JsonObject, seed);
      const dense = layers.map((layer) => layer['dense'] as JsonObject | undefined).filter((layer) => layer);
      depths.add(dense.length);
      const isTanh = layers.some((layer) => family(layer).includes('tanh'));
      for (const layer of dense) {
        expect(layer?.['kernelInitializer']).toBe(isTanh ? 'glorotUniform' : 'heNormal');
        expect(Math.log2(Number(layer?.['units'])) % 1).toBe(0);
      }
    }
    expect([...depths].sort()).toEqual([1, 2, 3]);
  });

  it('are larger for more data', () => {
    const units = (size: typeof SMALL): readonly unknown[] => {
      const space = parseSpace({ model: expandPresets({ preset: 'dense' }, size) });
      return space.holes.find(({ name }) => name === 'units')?.options ?? [];
    };
    expect(units(SMALL)).toEqual([8, 16, 32, 64]);
    expect(units(WIDE)).toEqual([16, 32, 64, 128, 256]);
    expect(units(LARGE)).toEqual([32, 64, 128, 256, 512]);
  });

  it('draw convolutional networks of as many blocks as small images have room for', () => {
    const blocks = (side: number): readonly number[] => {
      const image = { height: side, width: side, channels: 1 };
      const document = expandPresets({ preset: 'cnn' }, { rows: 1000, features: 1, image }) as JsonObject;
      const counts = Array.from({ length: 12 }, (_, seed) =>
        trial(document, seed).filter((layer) => Object.hasOwn(layer, 'conv2d')),
      );
      return [...new Set(counts.map((convolutions) => convolutions.length))].sort();
    };
    expect(blocks(28)).toEqual([1, 2, 3]);
    expect(blocks(8)).toEqual([1, 2]);
    expect(blocks(3)).toEqual([1]);
  });

  it('flatten images before dense layers', () => {
    const image = { height: 28, width: 28, channels: 1 };
    for (const preset of ['dense', 'linear']) {
      const document = expandPresets({ preset }, { rows: 1000, features: 1, image }) as JsonObject;
      expect(trial(document, 1)[0]).toEqual({ flatten: {} });
    }
  });
});
