import { execFileSync } from 'node:child_process';
import type { RowObject } from '../../src/core/dataset';
import { applyPreparation, parsePreparation } from '../../src/datasets';
import type { TestService } from './harness';

/** What plain TensorFlow.js makes of the exported model, in a process of its own: Jest's realm has other arrays. */
export async function plainly(
  service: TestService,
  model: string,
  rows: readonly RowObject[],
): Promise<number[][]> {
  const { body } = await service.call('GET', `/v1/models/${model}/preprocessing.json`);
  const { inputs } = applyPreparation(parsePreparation(JSON.stringify(body)), rows);
  const given = inputs.map(({ data, shape, dtype }) => ({ data: [...data], shape, dtype }));
  const address = `${service.address}/v1/models/${model}/model.json`;
  const script = ['test/e2e/plain-tensorflow.cjs', address, JSON.stringify(given)];
  return JSON.parse(execFileSync(process.execPath, script).toString()) as number[][];
}
