import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as ort from 'onnxruntime-node';
import { loadNetwork, predictRows } from '../../src/artifacts';
import type { JsonObject } from '../../src/core/json';
import type { TrialJob } from '../../src/core/job';
import { streamOf } from '../../src/core/random';
import { applyPreparation, type PreparedTable } from '../../src/datasets';
import { measure } from '../../src/training/measure';
import { exportOnnx, performTask } from '../../src/training';
import { inputStatistics } from '../../src/training/checks/inputs';
import { TestTables, type Cells } from '../datasets/tables';
import { completed, jobOf, run, type Run } from './trials';

const tables = new TestTables();
afterAll(() => tables.close());

const CITIES = 80;

/** A number that follows a column of many levels, one of few and a number; some cities are missing. */
function cities(count: number): readonly Cells[] {
  const stream = streamOf(3, 'cities');
  const effects = Array.from({ length: CITIES }, () => stream.normal());
  return Array.from({ length: count }, () => {
    const city = stream.integer(0, CITIES - 1);
    const day = stream.integer(0, 4);
    const x = stream.normal();
    return {
      x,
      city: stream.uniform() < 0.02 ? null : `c${String(city)}`,
      day: `d${String(day)}`,
      y: (effects[city] ?? 0) + x + 0.3 * day + 0.3 * stream.normal(),
    };
  });
}

const ROWS = cities(1500);

let embedded: PreparedTable;
let oneHot: PreparedTable;
beforeAll(async () => {
  await tf.setBackend('cpu');
  const prepare = (categorical: 'embedding' | 'one-hot') =>
    tables.prepare(ROWS, 'y', { task: 'regression', config: { categorical, rareLevels: 'auto' } });
  [embedded, oneHot] = await Promise.all([prepare('embedding'), prepare('one-hot')]);
});

function train(
  data: PreparedTable,
  more: { engine?: TrialJob['engine']; layers?: readonly JsonObject[]; epochs?: number } = {},
): Promise<Run> {
  const job = jobOf({
    epochs: more.epochs ?? 12,
    learningRate: 0.01,
    layers: more.layers ?? [{ dense: { units: 8, activation: 'relu' } }],
    engine: more.engine ?? 'auto',
    training: { loss: 'mse' },
  });
  return run({ ...job, objective: { metric: 'validation.mse', direction: 'minimize' } }, Infinity, {}, data);
}

function lossesOf({ curve }: Run): readonly number[] {
  return curve.flatMap(({ train: { loss }, validation }) => [loss ?? NaN, validation['loss'] ?? NaN]);
}

describe('a network of embedded categories', () => {
  it('learns what one-hot encoding of the most frequent levels cannot', async () => {
    const [own, other] = [completed(await train(embedded)), completed(await train(oneHot))];
    const [mse, without] = [own, other].map(({ metrics }) => metrics.validation['mse'] ?? NaN);
    expect(mse).toBeLessThan(0.7 * (without ?? NaN));
  });

  it('trains compiled as it does eagerly', async () => {
    const [compiled, eager] = [
      await train(embedded, { engine: 'compiled', epochs: 2 }),
      await train(embedded, { engine: 'cpu', epochs: 2 }),
    ];
    expect([compiled.started?.engine, eager.started?.engine]).toEqual(['compiled', 'cpu']);
    const wanted = lossesOf(eager);
    lossesOf(compiled).forEach((loss, i) => {
      expect(loss).toBeCloseTo(wanted[i] ?? NaN, 4);
    });
  });

  it('is exported with an integer input for each, as built-in layers that predict what it learned', async () => {
    const { network, metrics } = completed(await train(embedded));
    expect(network.inputs).toEqual([
      { name: 'input_0', shape: [null, 1], dtype: 'float32' },
      { name: 'input_1', shape: [null, 1], dtype: 'int32' },
      { name: 'input_2', shape: [null, 1], dtype: 'int32' },
    ]);
    expect(embedded.fitted.inputs.map(({ name, dtype }) => [name, dtype])).toEqual(
      network.inputs.map(({ name, dtype }) => [name, dtype]),
    );
    const loaded = await loadNetwork(network.modelJson, network.weights);
    expect(loaded.layers.map((layer) => layer.getClassName())).toEqual([
      'InputLayer',
      'InputLayer',
      'Embedding',
      'Embedding',
      'InputLayer',
      'Flatten',
      'Flatten',
      'Concatenate',
      'Dense',
      'Dense',
    ]);
    expect(measure(loaded, embedded.parts.validation, embedded, 'mse')['mse']).toBeCloseTo(
      metrics.validation['mse'] ?? NaN,
      5,
    );
    loaded.dispose();
  });

  it('takes a level that it has never seen for a rare one, and needs no number beside the categories', async () => {
    const data = await tables.prepare(cities(1500), 'y', {
      task: 'regression',
      features: ['city'],
      config: { categorical: 'embedding', rareLevels: 0.012 },
    });
    const { network } = completed(await train(data, { layers: [] }));
    expect(network.inputs).toEqual([{ name: 'input', shape: [null, 1], dtype: 'int32' }]);
    const [step] = data.fitted.inputs[0].columns;
    const levels = step?.kind === 'embedded' ? step.levels : [];
    const rare = Array.from({ length: CITIES }, (_, i) => `c${String(i)}`).find(
      (city) => !levels.includes(city),
    );
    const loaded = await loadNetwork(network.modelJson, network.weights);
    const { inputs } = applyPreparation(data.fitted, [
      { city: rare ?? '' },
      { city: 'Atlantis' },
      { city: levels[0] ?? '' },
      { city: null },
    ]);
    expect(inputs.map(({ data: indices }) => indices)).toEqual([Int32Array.of(0, 0, 1, levels.length + 1)]);
    const [first, second, known, missing] = predictRows(
      loaded,
      inputs.map((input) => input.data),
      4,
    );
    expect(first).toBe(second);
    expect(new Set([first, known, missing]).size).toBe(3);
    loaded.dispose();
  });

  it('with the same seed begins alike, and with another seed otherwise', async () => {
    const [a, b, c] = [
      await train(embedded, { epochs: 1 }),
      await train(embedded, { epochs: 1 }),
      await train(embedded, { epochs: 1, layers: [] }),
    ];
    expect(completed(a).network.weights).toEqual(completed(b).network.weights);
    expect(lossesOf(a)).not.toEqual(lossesOf(c));
  });

  it('is a member of an ensemble with others, can be boosted, and its categories have an importance', async () => {
    const read = await tables.read(ROWS);
    const job = tables.job(read, 'y', { task: 'regression' });
    const { config } = jobOf({ training: { loss: 'mse', learningRate: 0.01 } });
    const [a, b, c] = await Promise.all([
      train(embedded, { layers: [] }),
      train(embedded),
      train(oneHot, { layers: [] }),
    ]);
    const networks = [a, b, c].map((each) => completed(each).network);
    const average = await performTask(
      'average',
      { id: 'a', data: job, config, networks, counts: [1, 1, 1] },
      embedded,
    );
    expect(average.inputs.map(({ dtype }) => dtype)).toEqual(['float32', 'int32', 'int32', 'float32']);
    const predict = async (network: (typeof networks)[number]) => {
      const request = { id: 'p', data: job, config, network, importance: true, seed: 1 };
      const { validation, importance } = await performTask('predict', request, embedded);
      return { values: validation.kind === 'values' ? [...validation.predicted] : [], importance };
    };
    const each = await Promise.all(networks.map(predict));
    const { values, importance } = await predict(average);
    expect(values).toHaveLength(300);
    values.forEach((value, i) => {
      const sum = each.reduce((all, own) => all + (own.values[i] ?? NaN), 0);
      expect(value).toBeCloseTo(sum / 3, 4);
    });
    const strengths = new Map(importance?.map((found) => [found.feature, found.importance]));
    expect(strengths.get('city')).toBeGreaterThan(0.2);

    const [network] = networks;
    if (network === undefined) throw new Error('no network was trained');
    const boosted = await performTask(
      'boost',
      { id: 'b', data: job, config, network, stages: 2, seed: 3, engine: 'auto' },
      embedded,
    );
    if (boosted.network !== null) expect(boosted.network.inputs).toEqual(network.inputs);
    expect(boosted.validation).toHaveLength(3);
  });

  it('is exported as ONNX with the same inputs', async () => {
    const { network } = completed(await train(embedded, { epochs: 2 }));
    const loaded = await loadNetwork(network.modelJson, network.weights);
    const session = await ort.InferenceSession.create(await exportOnnx(loaded));
    expect(session.inputNames).toEqual(network.inputs.map(({ name }) => name));
    const { inputs } = applyPreparation(embedded.fitted, [
      { x: 1, city: 'c3', day: 'd2' },
      { city: 'Atlantis' },
      { x: -1, city: 'c70', day: 'd0' },
    ]);
    const feeds = inputs.map(({ name, data, shape, dtype }) => [name, new ort.Tensor(dtype, data, shape)]);
    const { output } = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
    const expected = predictRows(
      loaded,
      inputs.map(({ data }) => data),
      3,
    );
    (output?.data as Float32Array).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? NaN, 4);
    });
    loaded.dispose();
  });

  it('has statistics of its inputs without the places of categories', () => {
    const { columns, maximum, sample } = inputStatistics(embedded);
    expect([columns, sample.features]).toEqual([1, ['x']]);
    expect(maximum).toBeLessThan(10);
  });
});
