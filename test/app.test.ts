import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApplication } from '../src/app';
import { loadConfig } from '../src/config';

describe('a service that cannot start', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuneloom-app-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('names the setting where its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const port = String((other.address() as AddressInfo).port);
    const started = startApplication(loadConfig({ PORT: port, DATA_DIR: join(folder, 'data') }));
    await expect(started).rejects.toThrow(`PORT=${port}: listen EADDRINUSE`);
    other.close();
  });

  it('names the setting where its host is none of this machine', async () => {
    // Of a block that is for documentation alone (RFC 5737).
    const settings = {
      HOST: '192.0.2.1',
      PORT: '0',
      DATA_DIR: join(folder, 'other'),
      API_KEYS: 'k'.repeat(32),
    };
    await expect(startApplication(loadConfig(settings))).rejects.toThrow(
      /^HOST=192\.0\.2\.1: listen .*; give/,
    );
  });

  it('names the setting where its folder cannot be made', async () => {
    const started = startApplication(loadConfig({ PORT: '0', DATA_DIR: '/proc/tuneloom/data' }));
    await expect(started).rejects.toThrow(/^DATA_DIR=.proc.tuneloom.data: .*mkdir/);
  });
});
