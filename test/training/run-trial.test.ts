import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { TrialJob } from '../../src/core/job';
import type { JsonObject } from '../../src/core/json';
import type { PreparedTable } from '../../src/datasets';
import { loadNetwork, predictRows } from '../../src/artifacts';
import { generatedTable } from './generated-table';
import { completed, DATA, jobOf, run, WIDTH } from './trials';

/** A network of these layers between the table's four columns, as a 2×2 image, and one output. */
function topologyOf(...layers: tfl.layers.Layer[]): TrialJob['config']['model'] {
  const network = tfl.sequential({
    layers: [
      tfl.layers.reshape({ targetShape: [2, 2, 1], inputShape: [WIDTH] }),
      ...layers,
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 1 }),
    ],
  });
  return { topology: network.toJSON(null, false) as unknown as JsonObject };
}

/** Volumes, for which the compiler has no rule. */
function volumes(): TrialJob['config']['model'] {
  return topologyOf(
    tfl.layers.reshape({ targetShape: [2, 2, 1, 1] }),
    tfl.layers.averagePooling3d({ poolSize: [1, 2, 1], strides: [1, 2, 1] } as never),
  );
}

/** Rows so wide that the validation part is measured in several pieces, the training part is one batch. */
function wideTable(): PreparedTable {
  return generatedTable({
    task: 'binary',
    train: 32,
    validation: 400,
    width: 2048,
    signal: ([first = 0]) => first,
  });
}

function withModel(job: TrialJob, model: TrialJob['config']['model']): TrialJob {
  return { ...job, config: { ...job.config, model } };
}

describe('a trial', () => {
  it('learns, and speaks with its best epoch', async () => {
    const { outcome, curve, started } = await run(jobOf({ epochs: 15 }));
    expect(started).toMatchObject({ engine: 'compiled', engineReason: null, device: 'cpu' });
    if (outcome.state !== 'completed') throw new Error(outcome.state);
    const losses = curve.map(({ validation }) => validation['logLoss'] ?? NaN);
    expect(outcome.value).toBe(Math.min(...losses));
    expect(outcome.bestEpoch).toBe(losses.indexOf(outcome.value) + 1);
    expect(outcome.metrics.validation).toEqual(curve[outcome.bestEpoch - 1]?.validation);
    expect(outcome.metrics.validation['accuracy']).toBeGreaterThan(0.85);
    expect(outcome.metrics.validation['rocAuc']).toBeGreaterThan(0.9);
  });

  it('starts with the loss that chance gives', async () => {
    const { curve } = await run(jobOf({ epochs: 1, learningRate: 1e-9 }));
    expect(curve[0]?.validation['logLoss']).toBeCloseTo(Math.log(2), 1);
  });

  it('gives the same bits after another one has run in between', async () => {
    const first = await run(jobOf());
    await run(jobOf({ seed: 9, layers: [{ dense: { units: 3 } }, { batchNormalization: {} }] }));
    const again = await run(jobOf());
    expect(again.curve).toEqual(first.curve);
    expect(completed(again).network.modelJson).toBe(completed(first).network.modelJson);
    expect(Buffer.compare(completed(again).network.weights, completed(first).network.weights)).toBe(0);
    expect((await run(jobOf({ seed: 6 }))).curve).not.toEqual(first.curve);
  });

  it('is the same on both engines to float32 rounding', async () => {
    const [wasm, cpu] = [await run(jobOf({ engine: 'wasm' })), await run(jobOf({ engine: 'cpu' }))];
    expect(cpu.started?.engine).toBe('cpu');
    wasm.curve.forEach(({ validation }, i) => {
      expect(validation['logLoss']).toBeCloseTo(cpu.curve[i]?.validation['logLoss'] ?? NaN, 4);
    });
  });

  it('stops when it no longer gets better, with the best weights', async () => {
    const { outcome, curve } = await run(jobOf({ epochs: 200, learningRate: 0.2, patience: 3 }));
    if (outcome.state !== 'completed') throw new Error(outcome.state);
    expect(curve.length).toBe(outcome.bestEpoch + 3);
  });

  it('is exported with probabilities, as built-in layers alone', async () => {
    const { network } = completed(await run(jobOf()));
    const model = await loadNetwork(network.modelJson, network.weights);
    const output = predictRows(model, [DATA.parts.validation.x as Float32Array], DATA.parts.validation.rows);
    expect([...output].every((value) => value >= 0 && value <= 1)).toBe(true);
    const right = [...output].filter((value, i) => Number(value > 0.5) === DATA.parts.validation.y[i]).length;
    expect(right).toBeGreaterThan(80);
    expect(network.modelJson).toContain('"class_name":"Dropout"');
    expect(network.outputs).toEqual([{ name: 'output', shape: [null, 1], dtype: 'float32' }]);
  });

  it('fails as diverged when its loss is no longer finite', async () => {
    const { outcome } = await run(
      jobOf({ learningRate: 1e30, epochs: 20, layers: [{ dense: { units: 8 } }, { dense: { units: 8 } }] }),
    );
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'diverged' } });
  });

  it('fails with the layer that cannot stand there', async () => {
    const { outcome } = await run(jobOf({ layers: [{ conv2d: { filters: 2, kernelSize: 3 } }] }));
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'invalid_model' } });
    expect(JSON.stringify(outcome)).toContain('model.layers[0]');
  });

  it.each<[string, JsonObject, RegExp]>([
    [
      'crops more than there is',
      { cropping2D: { cropping: 2 } },
      /cropping2D_1: leaves nothing .*\[-2, -2, 1\]/,
    ],
    [
      'pools more than there is',
      { maxPooling2d: { poolSize: 3 } },
      /maxPooling2d_1: leaves nothing of its input/,
    ],
    [
      'shares an axis that there is not',
      { prelu: { sharedAxes: [5] } },
      /sharedAxes names axis 5; .* 1 to 3/,
    ],
    ['is bounded below zero', { reLU: { maxValue: -1 } }, /its maxValue, -1, is below 0/],
    [
      'is constrained along an axis that there is not',
      { conv2d: { filters: 2, kernelSize: 1, kernelConstraint: { maxNorm: { maxValue: 2, axis: 7 } } } },
      /constraint names axis 7; there are 0 to 3/,
    ],
  ])('fails with the layer that %s', async (_, layer, message) => {
    const { outcome } = await run(jobOf({ layers: [{ reshape: { targetShape: [2, 2, 1] } }, layer] }));
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'invalid_model' } });
    expect(JSON.stringify(outcome)).toMatch(message);
  });

  it('goes to the engine that has the kernels, and says why', async () => {
    const layers = [
      { reshape: { targetShape: [2, 2, 1] } },
      { conv2d: { filters: 2, kernelSize: 2, padding: 'same' } },
    ];
    const convolution = await run(jobOf({ layers, epochs: 1 }));
    expect(convolution.outcome.state).toBe('completed');
    expect(convolution.started).toMatchObject({ engine: 'compiled', engineReason: null });
    const { started, outcome } = await run(withModel(jobOf({ epochs: 1 }), volumes()));
    expect(outcome.state).toBe('completed');
    // Which of the two depends on the machine.
    expect(['tensorflow', 'wasm']).toContain(started?.engine);
    expect(started?.engineReason).toMatch(/compiled: no rule for the kernel AvgPool3D/);
    const named = await run(jobOf({ layers, epochs: 1, engine: 'wasm' }));
    expect(named.outcome).toMatchObject({ state: 'failed', error: { code: 'engine_unsupported' } });
  });

  it('goes to an eager engine where its step is too long to be compiled, and says why', async () => {
    const steps = 1500;
    const data = generatedTable({
      task: 'binary',
      train: 4,
      validation: 4,
      width: steps,
      signal: ([first = 0]) => first,
    });
    const layers = [{ reshape: { targetShape: [steps, 1] } }, { simpleRNN: { units: 2 } }];
    const { started, outcome } = await run(jobOf({ layers, epochs: 1 }), Infinity, {}, data);
    expect(outcome.state).toBe('completed');
    expect(started?.engine).not.toBe('compiled');
    expect(started?.engineReason).toMatch(/compiled: a step takes more than \d+ operations/);
    const named = await run(jobOf({ layers, epochs: 1, engine: 'compiled' }), Infinity, {}, data);
    expect(named.outcome).toMatchObject({ state: 'failed', error: { code: 'engine_unsupported' } });
    expect(JSON.stringify(named.outcome)).toMatch(/compiled: a step takes more than \d+ operations/);
  }, 120_000);

  it('fails with what TensorFlow.js says of a layer that no engine can train', async () => {
    const model = topologyOf(tfl.layers.softmax({ axis: 1 }));
    const { outcome } = await run(withModel(jobOf({ epochs: 1 }), model));
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'engine_unsupported' } });
    expect(JSON.stringify(outcome)).toMatch(/compiled: .*non-last dimension.*wasm: .*non-last dimension/);
  });

  it('leaves no tensor behind, whatever its end', async () => {
    await run(jobOf({ epochs: 1 }));
    const before = tf.memory().numTensors;
    await run(jobOf({ epochs: 2 }));
    await run(jobOf({ epochs: 2, layers: [{ dense: { units: 3 } }, { batchNormalization: {} }] }));
    await run(jobOf({ epochs: 9 }), 1);
    await run(
      jobOf({ learningRate: 1e30, epochs: 20, layers: [{ dense: { units: 8 } }, { dense: { units: 8 } }] }),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['compiled', 'wasm'] as const)(
    'is cancelled in the middle of a measurement (%s)',
    async (engine) => {
      const layers = [{ dense: { units: 4 } }];
      let looks = 0;
      const host = {
        started: () => (looks = 0),
        // The first look is before the epoch's only batch; the others are at pieces of the validation rows.
        cancelled: () => ++looks === 3,
      };
      const { outcome, curve } = await run(jobOf({ layers, engine }), Infinity, host, wideTable());
      expect(outcome).toEqual({ state: 'cancelled' });
      expect(curve).toHaveLength(0);
    },
  );

  it('measures in pieces what another engine measures', async () => {
    const layers = [{ dense: { units: 4 } }];
    const curveOf = async (engine: TrialJob['engine']): Promise<readonly number[]> => {
      const { curve } = await run(jobOf({ layers, engine, epochs: 3 }), Infinity, {}, wideTable());
      return curve.map(({ validation }) => validation['logLoss'] ?? NaN);
    };
    const [compiled, wasm] = [await curveOf('compiled'), await curveOf('wasm')];
    expect(compiled).toHaveLength(3);
    compiled.forEach((loss, i) => {
      expect(loss).toBeCloseTo(wasm[i] ?? NaN, 4);
    });
  });

  it('is cancelled while it is compiled', async () => {
    const layers = [{ dense: { units: 11 } }, { dense: { units: 13 } }];
    const started = jest.fn();
    const looksToSession = 2;
    let looks = 0;
    const host = { started, cancelled: () => ++looks >= looksToSession };
    const { outcome } = await run(jobOf({ layers, engine: 'compiled' }), Infinity, host);
    expect(outcome).toEqual({ state: 'cancelled' });
    expect(looks).toBe(looksToSession);
    expect(started).not.toHaveBeenCalled();
  });

  it('is cancelled between two batches', async () => {
    const { outcome, curve } = await run(jobOf({ epochs: 100 }), 2);
    expect(outcome).toEqual({ state: 'cancelled' });
    expect(curve).toHaveLength(2);
  });

  it.each(['relu', 'elu', 'selu', 'tanh', 'sigmoid', 'swish', 'softplus', 'gelu'])(
    'trains with %s without leaving WASM',
    async (activation) => {
      const { started } = await run(
        jobOf({
          layers: [{ dense: { units: 4, activation, kernelRegularizer: { l1: 0.01, l2: 0.01 } } }],
          epochs: 1,
          engine: 'wasm',
        }),
      );
      expect(started?.engine).toBe('wasm');
    },
  );
});
