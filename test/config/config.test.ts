import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isLoopback, loadConfig } from '../../src/config';
import { InvalidError } from '../../src/core/errors';

const folder = mkdtempSync(join(tmpdir(), 'tuneloom-config-'));
const keyFile = join(folder, 'keys');
const emptyFile = join(folder, 'empty');
writeFileSync(keyFile, 'first-key\n\nsecond-key\n');
writeFileSync(emptyFile, '\n');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidError);
    const { message, errors, code } = error as InvalidError;
    expect(code).toBe('invalid_setting');
    expect(errors.map((found) => found.message)).toEqual(message.split('\n'));
    return errors.map((found) => found.message);
  }
  return [];
}

describe('the settings', () => {
  it('have a default for everything', () => {
    expect(loadConfig({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      dataDir: resolve('var'),
      apiKeys: [],
      corsOrigins: [],
      devices: [{ device: 'cpu', slots: expect.any(Number) as number }],
      maxUploadBytes: 2 ** 31,
      maxDatasetMemory: 2 ** 30,
      maxRunningStudies: 32,
      checkpointSeconds: 30,
      minFreeBytes: 2 ** 28,
      logLevel: 'info',
    });
  });

  it('count an empty variable as unset', () => {
    const empty = Object.fromEntries(
      ['HOST', 'PORT', 'DEVICES', 'REDIS_URL', 'API_KEYS', 'LOG_LEVEL'].map((name) => [name, ' ']),
    );
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  it('cannot be changed', () => {
    const config = loadConfig({});
    expect([config, config.apiKeys, config.corsOrigins, config.devices].every(Object.isFrozen)).toBe(true);
  });

  it('are read from their variables', () => {
    const env = {
      HOST: '0.0.0.0',
      PORT: '0',
      DATA_DIR: folder,
      API_KEYS: 'a, b',
      API_KEYS_FILE: keyFile,
      DEVICES: 'cpu:3',
      CORS_ORIGINS: 'https://example.org,http://localhost:8080',
      MAX_DATASET_MEMORY: '256MiB',
      MAX_RUNNING_STUDIES: '4',
      CHECKPOINT_SECONDS: '5',
      MIN_FREE_BYTES: '0',
      LOG_LEVEL: 'warn',
    };
    expect(loadConfig(env)).toMatchObject({
      host: '0.0.0.0',
      port: 0,
      dataDir: folder,
      apiKeys: ['a', 'b', 'first-key', 'second-key'],
      devices: [{ device: 'cpu', slots: 3 }],
      corsOrigins: ['https://example.org', 'http://localhost:8080'],
      maxDatasetMemory: 2 ** 28,
      maxRunningStudies: 4,
      checkpointSeconds: 5,
      minFreeBytes: 0,
      logLevel: 'warn',
    });
  });

  it.each([
    ['1000', 1000],
    ['500MB', 500_000_000],
    ['2GiB', 2 ** 31],
    ['1.5 kib', 1536],
  ])('read %s as %d bytes', (text, bytes) => {
    expect(loadConfig({ MAX_UPLOAD_BYTES: text }).maxUploadBytes).toBe(bytes);
  });

  it.each([
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['HOST', 'my host'],
    ['DATA_DIR', keyFile],
    ['API_KEYS', ','],
    ['API_KEYS_FILE', join(folder, 'none')],
    ['API_KEYS_FILE', emptyFile],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://example.org/path'],
    ['DEVICES', 'cpu:0'],
    ['DEVICES', 'tpu'],
    ['DEVICES', 'cuda:64'],
    ['DEVICES', 'webgpu:2'],
    ['DEVICES', 'cpu:1,cpu:2'],
    ['DEVICES', 'cpu,'],
    ['LOG_LEVEL', 'loud'],
    ['MAX_UPLOAD_BYTES', '0'],
    ['MAX_UPLOAD_BYTES', '2GX'],
    ['MAX_UPLOAD_BYTES', '1constructor'],
    ['MAX_UPLOAD_BYTES', '9'.repeat(40)],
    ['MAX_DATASET_MEMORY', '1MB'],
    ['MAX_RUNNING_STUDIES', '0'],
    ['CHECKPOINT_SECONDS', '0'],
    ['MIN_FREE_BYTES', 'some'],
    ['REDIS_URL', 'redis://localhost'],
  ])('refuse %s=%s in one line that names it', (name, value) => {
    const [line = '', ...others] = problemsOf({ [name]: value }).filter((text) =>
      text.startsWith(`${name}=`),
    );
    expect(others).toEqual([]);
    expect(line).toContain(`${name}=${value}`);
    expect(line).toMatch(/allowed|not built yet|no engine/);
  });

  it.each([
    ['webgpu', [{ device: 'webgpu', slots: 1 }]],
    ['cuda', [{ device: 'cuda:0', slots: 1 }]],
    [
      'cpu:2, cuda:1,cuda:0',
      [
        { device: 'cpu', slots: 2 },
        { device: 'cuda:1', slots: 1 },
        { device: 'cuda:0', slots: 1 },
      ],
    ],
  ])('read DEVICES=%s as slots of each device', (text, plans) => {
    expect(loadConfig({ DEVICES: text }).devices).toEqual(plans);
  });

  it('refuse a device that is there twice', () => {
    expect(problemsOf({ DEVICES: 'cuda,cuda:0' }).join()).toContain('cuda:0 is there twice');
  });

  it('name everything that is wrong at once', () => {
    const lines = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', REDIS_URL: 'redis://r', HOST: '0.0.0.0' });
    expect(lines.map((line) => line.split('=')[0])).toEqual(['REDIS_URL', 'HOST', 'PORT', 'LOG_LEVEL']);
  });

  it('need keys to listen beyond loopback', () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.7', 'example.org']) {
      expect(problemsOf({ HOST: host })).toEqual([expect.stringContaining('API_KEYS')]);
      expect(problemsOf({ HOST: host, API_KEYS: 'k' })).toEqual([]);
    }
    for (const host of ['127.0.0.1', '127.0.1.9', '::1', 'localhost']) expect(isLoopback(host)).toBe(true);
  });

  it('print no password and no key', () => {
    expect(problemsOf({ REDIS_URL: 'redis://me:secret@host' }).join()).not.toContain('secret');
    expect(problemsOf({ API_KEYS: 'secret', PORT: 'x' }).join()).not.toContain('secret');
  });
});
