import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { loadNetwork, networkArtifact, predictRows } from '../../src/artifacts';
import { streamOf } from '../../src/core/random';
import type { PreparationConfig } from '../../src/core/specification';
import {
  applyPreparation,
  inputLayout,
  outputToPrediction,
  type FittedPreparation,
  type PredictedRow,
} from '../../src/datasets';
import { exportPipeline } from '../../src/training';
import { buildNetwork } from '../../src/training/network';
import { outputShapeOf } from '../../src/training/output-shape';
import { TestTables, type Cells } from '../datasets/tables';

const tables = new TestTables();
const ROWS = 80;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
afterAll(() => tables.close());

interface Fitted {
  readonly fitted: FittedPreparation;
  readonly network: LayersModel;
  readonly session: ort.InferenceSession;
}

async function fit(
  rows: readonly Cells[],
  target: string,
  config: Partial<PreparationConfig>,
): Promise<Fitted> {
  const prepared = await tables.prepare(rows, target, { config });
  const { fitted } = prepared;
  const layers = [{ dense: { units: 6, activation: 'tanh' } }];
  const built = await buildNetwork({ layers }, inputLayout(prepared), outputShapeOf(fitted.target), 5);
  const { modelJson, weights } = await networkArtifact(built.exported);
  built.dispose();
  const network = await loadNetwork(modelJson, weights);
  const session = await ort.InferenceSession.create(await exportPipeline(network, fitted));
  return { fitted, network, session };
}

/** What the service answers. */
function served({ fitted, network }: Fitted, rows: readonly Cells[]): readonly PredictedRow[] {
  const inputs = applyPreparation(fitted, rows).inputs.map(({ data }) => data);
  const output = predictRows(network, inputs, rows.length);
  const units = output.length / rows.length;
  return rows.map((_, i) => outputToPrediction(fitted, output.subarray(i * units, (i + 1) * units)));
}

async function piped({ session }: Fitted, rows: readonly Cells[]): Promise<ort.InferenceSession.ReturnType> {
  const feeds = session.inputMetadata.map((input) => {
    const cells = rows.map((row) => row[input.name] ?? null);
    const tensor =
      input.isTensor && input.type === 'string'
        ? new ort.Tensor(
            'string',
            cells.map((cell) => (cell === null ? '' : String(cell))),
            [rows.length, 1],
          )
        : new ort.Tensor('float64', Float64Array.from(cells, numberOf), [rows.length, 1]);
    return [input.name, tensor] as const;
  });
  return session.run(Object.fromEntries(feeds));
}

function numberOf(cell: Cells[string] | undefined): number {
  if (cell === null || cell === undefined || cell === 'NA') return NaN;
  return typeof cell === 'string' ? Date.parse(cell) : Number(cell);
}

async function expectTheSame(model: Fitted, rows: readonly Cells[]): Promise<void> {
  const expected = served(model, rows);
  // Columns of the same names are there, so the outputs are called otherwise.
  const { value_: value, probabilities_: probabilities } = await piped(model, rows);
  const { target } = model.fitted;
  expected.forEach((prediction, i) => {
    const found = (value?.data as ArrayLike<unknown> | undefined)?.[i];
    if (target.kind === 'value') {
      expect(near(Number(found), Number(prediction.value), target.deviation)).toBe(true);
      return;
    }
    const shares = Object.values(prediction.probabilities ?? {});
    const count = target.labels.length;
    const given = (probabilities?.data as Float32Array).subarray(i * count, (i + 1) * count);
    shares.forEach((share, k) => {
      expect(near(given[k] ?? NaN, share, 1)).toBe(true);
    });
    const [first = 0, second = 0] = shares.toSorted((a, b) => b - a);
    // Where two are as likely to float32, either is right.
    if (first - second > 1e-5)
      expect(target.type === 'boolean' ? Boolean(found) : found).toEqual(prediction.value);
  });
}

/** To float32 rounding, that a few layers have carried on. */
function near(a: number, b: number, size: number): boolean {
  return Math.abs(a - b) <= 2e-5 * Math.max(size, Math.abs(b));
}

const CONFIGS = fc.record({
  scale: fc.constantFrom('standard', 'minmax', 'robust', 'quantile', 'none'),
  longTails: fc.constantFrom('none', 'auto', 'log', 'yeo-johnson'),
  categorical: fc.constantFrom('one-hot', 'ordinal', 'target', 'embedding'),
  rareLevels: fc.constantFrom('auto', 0, 0.1),
  missing: fc.record({
    method: fc.constantFrom('median', 'mean', 'most-frequent'),
    indicator: fc.boolean(),
  }),
  dates: fc.constantFrom('cycles', 'parts'),
  enrich: fc.constantFrom('none', 'products', 'powers', 'both'),
  enrichLimit: fc.constantFrom(2, 8),
  dropRedundant: fc.constantFrom(false, 0.9),
  pca: fc.constantFrom(null, 2, 0.9),
  targetTransform: fc.constantFrom('none', 'standard', 'log', 'yeo-johnson'),
}) as fc.Arbitrary<Partial<PreparationConfig>>;

const LEVELS = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }), {
  minLength: 2,
  maxLength: 6,
  selector: (text) => text.trim().toLowerCase(),
});

/** What a table is made of; rows are made from it, so that a counterexample fits a screen. */
const RECIPES = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  levels: LEVELS,
  gaps: fc.constantFrom(0, 5, 3),
});

/** A table with every type of column, gaps, long tails, and names that a model might use itself. */
function tableOf({
  seed,
  levels,
  gaps,
}: {
  seed: number;
  levels: readonly string[];
  gaps: number;
}): readonly Cells[] {
  const texts = levels.map((level) => level.trim()).filter((level) => /\p{L}/u.test(level));
  const words = texts.length > 1 ? texts : ['red', 'green', 'blue'];
  const stream = streamOf(seed);
  return Array.from({ length: ROWS }, (_, i): Cells => {
    const or = <T>(place: number, value: T): T | null =>
      gaps > 0 && (i + place) % gaps === 0 ? null : value;
    return {
      _n0: or(0, 1e6 + 10 * stream.uniform()),
      value: or(1, Math.exp(8 * stream.uniform()) * (stream.uniform() < 0.3 ? -1 : 1)),
      probabilities: or(2, words[stream.integer(0, words.length - 1)] ?? ''),
      'is "it", true': or(3, stream.uniform() < 0.5),
      when: or(4, new Date(-3e12 + 6e12 * stream.uniform()).toISOString()),
      amount: 1 + Math.exp(5 * stream.uniform()),
      grade: ['low', 'middle', 'high'][stream.integer(0, 2)] ?? '',
      sold: stream.uniform() < 0.4,
      stars: stream.integer(1, 3),
    };
  });
}

describe('a pipeline as ONNX', () => {
  it.each(['amount', 'grade', 'sold', 'stars'])(
    'predicts %s as the service does, whatever the table',
    async (target) => {
      await fc.assert(
        fc.asyncProperty(RECIPES, CONFIGS, async (recipe, config) => {
          const rows = tableOf(recipe);
          const model = await fit(rows, target, config);
          const names = model.fitted.inputs.flatMap(({ columns }) => columns.map(({ name }) => name));
          expect(model.session.inputNames).toEqual(names);
          const asked = rows
            .slice(0, 20)
            .map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
          await expectTheSame(model, [
            ...asked,
            {},
            { probabilities: 'ultraviolet' },
            { probabilities: 'N/a' },
          ]);
          model.network.dispose();
        }),
        { numRuns: 8, seed: 7 },
      );
    },
  );

  it.each(['cycles', 'parts'] as const)('clips infinite times, as %s of dates', async (dates) => {
    const model = await fit(tableOf({ seed: 4, levels: [], gaps: 0 }), 'amount', { dates });
    const { value_: value } = await piped(model, [
      { when: Infinity },
      { when: new Date(8.64e15).toISOString() },
      { when: -Infinity },
      { when: new Date(-8.64e15).toISOString() },
    ]);
    const [after, last, before, first] = value?.data as Float64Array;
    expect(after).toEqual(expect.closeTo(Number(last), 6));
    expect(before).toEqual(expect.closeTo(Number(first), 6));
    expect([after, before].every(Number.isFinite)).toBe(true);
    model.network.dispose();
  });

  it.each(['standard', 'minmax', 'robust', 'quantile'] as const)(
    'is the same at the ends of what a double can be, with the scale %s',
    async (scale) => {
      for (const ends of [[1e200], [1e308], [-1.7e308, 1.7e308]]) {
        for (const longTails of ['none', 'auto', 'yeo-johnson'] as const) {
          const rows = Array.from({ length: ROWS }, (_, i) => ({
            value: i % 20 === 3 ? (ends[(i >> 2) % ends.length] ?? 0) : (i * 7) % 23,
            probabilities: i % 2 === 0 ? 'red' : 'blue',
            grade: i % 3 === 0 ? 'low' : 'high',
          }));
          const model = await fit(rows, 'grade', { scale, longTails });
          await expectTheSame(
            model,
            [...rows.map(({ value }) => value), -1e308, 1e308, 0.5, 1e100].map((value) => ({ value })),
          );
          model.network.dispose();
        }
      }
    },
  );
});
