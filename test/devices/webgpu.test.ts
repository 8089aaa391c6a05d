import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { penguins, stopAll, testService } from '../e2e/harness';
import { describeOnWebGpu } from './swiftshader';

/** Float32 rounding, after six steps that each amplify it a little; a graphics device adds in another order. */
const TOLERANCE = 1e-3;

afterAll(stopAll);

describeOnWebGpu('the webgpu device', (env) => {
  it('trains as eager TensorFlow.js does', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', join(__dirname, 'webgpu-parity.ts')],
      { env: { ...process.env, ...env } },
    );
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    const found = lines.map((line) => JSON.parse(line) as { name: string; distance: number });
    expect(found).toHaveLength(4);
    for (const { name, distance } of found) {
      expect({ name, isNear: distance < TOLERANCE }).toEqual({ name, isNear: true });
    }
  }, 240_000);

  it('is a slot of the service, whose trials run on the compiled engine', async () => {
    const service = await testService({
      ...env,
      DEVICES: 'webgpu,cpu:1',
      // Another engine has nothing to do here, and takes its time to be looked for.
      TENSORFLOW_DIR: join(tmpdir(), 'no-tensorflow'),
    });
    const { body: system } = await service.call('GET', '/v1/system');
    expect(system['devices']).toEqual(['webgpu', 'cpu']);
    const engines = system['engines'] as { name: string; devices: string[] }[];
    expect(engines.find(({ name }) => name === 'compiled')?.devices.toSorted()).toEqual(['cpu', 'webgpu']);
    expect(engines.find(({ name }) => name === 'wasm')?.devices).toEqual(['cpu']);
    const spec = {
      model: { layers: [{ dense: { units: 8, activation: 'relu' } }] },
      training: { epochs: 1, batchSize: 256 },
      search: { trials: 1, seed: 1 },
      checks: 'off',
      device: 'webgpu',
    };
    const fields = { target: 'Species', spec: JSON.stringify(spec) };
    const made = await service.upload('/v1/tune', await penguins(), fields);
    const study = (made.body['study'] as { id: string }).id;
    const ended = await service.call('GET', `/v1/studies/${study}?wait=60`);
    expect(ended.body['state']).toBe('completed');
    const { body } = await service.call('GET', `/v1/studies/${study}/trials`);
    for (const trial of body['items'] as Record<string, unknown>[]) {
      expect(trial).toMatchObject({
        state: 'completed',
        device: 'webgpu',
        engine: 'compiled',
        engineReason: null,
      });
    }
    await service.stop();
  }, 240_000);
});
