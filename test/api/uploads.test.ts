import { connect } from 'node:net';
import { formOf, TABLE, testApi, type TestApi } from './harness';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ maxUploadBytes: 100_000 });
});
afterAll(() => api.close());
afterEach(async () => {
  // Whatever the answer was, no upload is left behind.
  expect(await api.uploads()).toEqual([]);
});

const SPEC = JSON.stringify({ start: false });

describe('an upload', () => {
  it('makes a dataset and says where it is', async () => {
    const { status, headers, body } = await api.upload('/v1/datasets', [
      TABLE,
      { name: 'name', value: 'mine' },
    ]);
    expect(status).toBe(201);
    expect(headers['location']).toBe(`/v1/datasets/${String(body['id'])}`);
    expect(body).toMatchObject({ name: 'mine', format: 'csv', rows: 30 });
  });

  it('takes its fields in any order, before and after the file', async () => {
    const target = { name: 'target', value: 'kind' };
    const spec = { name: 'spec', value: SPEC };
    for (const parts of [
      [target, spec, TABLE],
      [TABLE, spec, target],
    ]) {
      const { status, headers, body } = await api.upload('/v1/tune', parts);
      expect(status).toBe(201);
      const { id } = body['study'] as { id: string };
      expect(headers['location']).toBe(`/v1/studies/${id}`);
    }
  });

  it('keeps a name in any script', async () => {
    const { body } = await api.upload('/v1/datasets', [{ ...TABLE, fileName: 'пингвины.csv' }]);
    expect(body['name']).toBe('пингвины.csv');
  });

  it.each([
    ['no file', [], 'file'],
    ['a text where the file belongs', [{ name: 'file', value: 'a,b' }], 'file'],
    ['a file in another field', [{ ...TABLE, name: 'table' }], 'table'],
    ['two files', [TABLE, TABLE], 'file'],
    ['an unknown field', [TABLE, { name: 'colour', value: 'red' }], 'colour'],
    ['a field twice', [TABLE, { name: 'name', value: 'x' }, { name: 'name', value: 'y' }], 'name'],
    ['a nested field', [TABLE, { name: 'name[a]', value: 'x' }], 'name'],
    ['an unknown format', [TABLE, { name: 'format', value: 'xlsx' }], 'format'],
    ['a name over 200 characters', [TABLE, { name: 'name', value: 'x'.repeat(201) }], 'name'],
  ])('with %s is refused with the field', async (_, parts, path) => {
    const { status, body } = await api.upload('/v1/datasets', parts);
    expect(status).toBe(422);
    expect(body['errors']).toEqual([expect.objectContaining({ path })]);
  });

  it.each([
    ['no target', [], 'target'],
    [
      'two targets',
      [
        { name: 'target', value: 'kind' },
        { name: 'target', value: 'size' },
      ],
      'target',
    ],
    [
      'a specification that is no JSON',
      [
        { name: 'target', value: 'kind' },
        { name: 'spec', value: '{"a":' },
      ],
      'spec',
    ],
    [
      'a specification that is no object',
      [
        { name: 'target', value: 'kind' },
        { name: 'spec', value: '[]' },
      ],
      'spec',
    ],
    [
      'a specification nested too deep',
      [
        { name: 'target', value: 'kind' },
        { name: 'spec', value: `${'['.repeat(9999)}${']'.repeat(9999)}` },
      ],
      'spec',
    ],
  ])('of one call with %s is refused with the field', async (_, parts, path) => {
    const { status, body } = await api.upload('/v1/tune', [TABLE, ...parts]);
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain(path);
    expect((await api.send('GET', '/v1/studies?limit=500')).text).not.toContain('"target":""');
  });

  it('over the limit is refused, whether it says its length or not', async () => {
    const big = [{ ...TABLE, value: `a\n${'1\n'.repeat(60_000)}` }];
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const { status, body } = await api.upload('/v1/datasets', big, headers);
      expect(status).toBe(413);
      expect(body).toMatchObject({
        code: 'upload_too_large',
        detail: expect.stringContaining('MAX_UPLOAD_BYTES'),
      });
    }
  });

  it('far over the limit is answered before it has been sent', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(api.port, '127.0.0.1', () => {
        socket.write(
          'POST /v1/datasets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=edge\r\n' +
            'Content-Length: 9000000000\r\n\r\n--edge\r\n',
        );
      });
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('MAX_UPLOAD_BYTES');
  });

  it('with more than 20 parts is refused', async () => {
    const parts = Array.from({ length: 21 }, (_, i) => ({ name: `f${String(i)}`, value: 'x' }));
    const { status, body } = await api.upload('/v1/datasets', [TABLE, ...parts]);
    expect(status).toBe(413);
    expect(body['detail']).toContain('20');
  });

  it('that is no form is refused with 415', async () => {
    const { status, body } = await api.send('POST', '/v1/datasets', { file: 'a' });
    expect(status).toBe(415);
    expect(body['detail']).toContain('multipart/form-data');
  });

  it('that breaks off leaves nothing behind', async () => {
    const form = formOf([{ ...TABLE, value: 'a\n'.repeat(20_000) }]);
    await new Promise<void>((resolve) => {
      const socket = connect(api.port, '127.0.0.1', () => {
        socket.write(
          `POST /v1/datasets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=edge\r\nContent-Length: ${String(form.length)}\r\n\r\n`,
        );
        socket.write(form.subarray(0, 30_000), () => setTimeout(() => socket.destroy(), 100));
      });
      socket.once('close', () => {
        resolve();
      });
    });
    const deadline = Date.now() + 5000;
    while ((await api.uploads()).length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(api.logs.filter(({ message }) => message === 'a request failed')).toEqual([]);
  });
});

describe('an upload under an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'upload-1' };

  it('is carried out once, and its answer is sent again', async () => {
    const first = await api.upload('/v1/datasets', [TABLE], headers);
    const again = await api.upload('/v1/datasets', [TABLE], headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.headers['location']).toBe(first.headers['location']);
  });

  it('is refused for another file', async () => {
    const { status, body } = await api.upload('/v1/datasets', [{ ...TABLE, value: 'a\n1\n' }], headers);
    expect([status, body['code']]).toEqual([422, 'idempotency_key_reused']);
  });
});

describe('a disk without room', () => {
  it('is said before the upload is read', async () => {
    const full = await testApi({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    const { status, body } = await full.upload('/v1/datasets', [TABLE]);
    expect([status, body['code']]).toEqual([507, 'storage_full']);
    await full.close();
  });
});
