import { loadConfig } from '../../src/config';

describe('the settings', () => {
  it('have defaults that listen on loopback', () => {
    expect(loadConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      maxUploadBytes: 2 ** 31,
      apiKeys: [],
    });
  });

  it.each([
    [{ PORT: 'many' }, /PORT=many: allowed is a whole number from 0/],
    [{ HOST: '0.0.0.0' }, /HOST=0.0.0.0: listening beyond loopback needs API_KEYS/],
    [{ DEVICES: 'gpu' }, /DEVICES=gpu: allowed are auto, cpu/],
    [{ DEVICES: 'webgpu' }, /DEVICES=webgpu: no engine of this version/],
    [{ MAX_UPLOAD_BYTES: '2 big' }, /MAX_UPLOAD_BYTES=2 big: allowed is bytes/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL=loud: allowed is fatal/],
    [{ REDIS_URL: 'redis://x' }, /REDIS_URL=redis:\/\/x: workers on other machines are not built yet/],
    [{ CORS_ORIGINS: 'example.org' }, /CORS_ORIGINS=example.org: allowed is origins/],
    [{ API_KEYS_FILE: '/no/such/file' }, /API_KEYS_FILE=\/no\/such\/file: the file cannot be read/],
  ])('%j is refused in one line', (env, message) => {
    expect(() => loadConfig(env)).toThrow(message);
  });

  it('tell everything that is wrong, a line each', () => {
    expect(() => loadConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT=x.*\nLOG_LEVEL=y/);
  });

  it('take sizes with units and several keys', () => {
    const config = loadConfig({
      HOST: '0.0.0.0',
      API_KEYS: 'a, b',
      MAX_UPLOAD_BYTES: '1.5MB',
      DEVICES: 'cpu:3',
    });
    expect(config).toMatchObject({
      apiKeys: ['a', 'b'],
      maxUploadBytes: 1_500_000,
      devices: [{ device: 'cpu', slots: 3 }],
    });
  });
});
