import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { stopAll, testService } from './harness';

afterAll(stopAll);

describe('the examples of the documentation', () => {
  it('ask-and-tell.sh trains a study from a shell', async () => {
    const service = await testService({ DEVICES: 'cpu:1' });
    const { stdout } = await promisify(execFile)('docs/examples/ask-and-tell.sh', [service.address]);
    const [state, best] = stdout.trim().split(' ');
    expect(state).toBe('completed');
    expect(Number(best)).toBeLessThan(0.2);
    const { body } = await service.call('GET', '/v1/studies');
    expect((body['items'] as { progress: { total: number } }[])[0]?.progress.total).toBe(12);
    await service.stop();
  }, 60_000);
});
