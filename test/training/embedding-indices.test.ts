import type { JsonObject } from '../../src/core/json';
import type { PreparedTable } from '../../src/datasets';
import type { EngineRequest } from '../../src/core/specification';
import { withTrainer, type TrainerRequest } from '../../src/training/open-trainer';
import { configOf } from './penguins';

const WIDTH = 2;

function tableOf(indices: readonly number[]): PreparedTable {
  const part = {
    rows: 20,
    x: Float32Array.from({ length: 20 * WIDTH }, (_, i) => indices[i % indices.length] ?? 0),
  };
  const y = Float32Array.from({ length: 20 }, (_, i) => i % 2);
  const target = { kind: 'classes', name: 't', labels: ['a', 'b'], type: 'categorical', priors: [0.5, 0.5] };
  return {
    width: WIDTH,
    fitted: {
      task: 'binary',
      inputs: [{ name: 'input', columns: [] }],
      target,
    } as unknown as PreparedTable['fitted'],
    parts: { train: { ...part, y }, validation: { ...part, y }, test: { ...part, y } },
  };
}

function request(engine: EngineRequest, before: readonly JsonObject[] = []): TrainerRequest {
  const layers = [...before, { embedding: { inputDim: 10, outputDim: 3 } }, { flatten: {} }];
  const training = { epochs: 1, earlyStopping: null };
  return { engine, config: configOf({ model: { layers }, training }, 'binary'), seed: 3 };
}

describe.each<[EngineRequest]>([['compiled'], ['auto'], ['cpu']])(
  'an embedding on the engine %s',
  (engine) => {
    it.each([
      ['above', [0, 3, 10], /indices 0 to 9, and the prepared input goes from 0 to 10/],
      ['below', [-1, 3, 9], /goes from -1 to 9/],
    ])('refuses an index %s its table before anything is trained', async (_, indices, message) => {
      const opened = withTrainer(request(engine), tableOf(indices), () => Promise.resolve('opened'));
      await expect(opened).rejects.toMatchObject({
        code: 'index_out_of_range',
        message: expect.stringMatching(message) as string,
      });
    });

    it('refuses it behind layers that only reshape, too', async () => {
      const behind = request(engine, [{ reshape: { targetShape: [WIDTH, 1] } }, { flatten: {} }]);
      const opened = withTrainer(behind, tableOf([0, 12]), () => Promise.resolve('opened'));
      await expect(opened).rejects.toMatchObject({ code: 'index_out_of_range' });
    });

    it('takes what is within, cut off to whole numbers', async () => {
      const loss = await withTrainer(request(engine), tableOf([0, 9.7, -0.5]), async ({ trainer }) => {
        const end = await trainer.epoch(1, () => false);
        return end.state === 'done' ? end.loss : NaN;
      });
      expect(loss).toBeGreaterThan(0);
    });
  },
);
