import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, createTelemetry, type ApiOptions } from '../../src/api';
import { UnavailableError } from '../../src/core/errors';
import type { TrialTransport } from '../../src/core/job';
import type { Storage } from '../../src/core/storage';
import { createServices, type RunningServices } from '../../src/services';
import { openBlobStore, openStorage } from '../../src/storage';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The parsed JSON; an empty object where the answer is none. */
  readonly body: Record<string, unknown>;
}

/** The API over real services and storage in this process; only workers are missing, so that no trial ever starts. */
export interface TestApi {
  readonly port: number;
  readonly storage: Storage;
  readonly services: RunningServices;
  readonly logs: readonly { readonly details: Record<string, unknown>; readonly message: string }[];
  send(method: string, path: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Reply>;
  upload(path: string, parts: readonly FormPart[], headers?: OutgoingHttpHeaders): Promise<Reply>;
  /** Files that lie in the upload folder. */
  uploads(): Promise<readonly string[]>;
  /** A dataset and a study of it in the state `created`. */
  study(): Promise<{ readonly dataset: string; readonly study: string }>;
  /** What a shutdown does to streams and waits. */
  closeApi(): Promise<void>;
  close(): Promise<void>;
}

export interface FormPart {
  readonly name: string;
  readonly value: string;
  readonly fileName?: string;
}

export const TABLE: FormPart = {
  name: 'file',
  fileName: 'table.csv',
  value: `size,kind\n${Array.from({ length: 30 }, (_, i) => `${String(i % 7)}.5,${i % 2 === 0 ? 'a' : 'b'}`).join('\n')}\n`,
};

export async function testApi(settings: Partial<ApiOptions['config']> = {}): Promise<TestApi> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tuneloom-api-'));
  const uploadFolder = join(dataDir, 'uploads');
  const tablesFolder = join(dataDir, 'tables');
  await mkdir(uploadFolder);
  await mkdir(tablesFolder);
  const telemetry = createTelemetry();
  const logs: { details: Record<string, unknown>; message: string }[] = [];
  const log = (details: object, message: string): void => {
    logs.push({ details: { ...details }, message });
  };
  const logger = { debug: log, info: log, warn: log, error: log };
  const storage = openStorage({ dataDir, onCommitSeconds: () => undefined });
  const services = createServices({
    storage,
    blobs: await openBlobStore(join(dataDir, 'blobs')),
    transport: NO_WORKERS,
    inference: {
      predict: () => Promise.reject(new UnavailableError('inference_busy', 'no inference here', 3)),
      exportOnnx: () => Promise.reject(new UnavailableError('inference_busy', 'no inference here', 3)),
      exportPipeline: () => Promise.reject(new UnavailableError('inference_busy', 'no inference here', 3)),
      close: () => Promise.resolve(),
    },
    logger,
    telemetry,
    dataDir,
    tablesFolder,
    datasetMemory: 2 ** 30,
    maxRunningStudies: 32,
    checkpointMs: 30_000,
    version: '0.0.0',
  });
  const api = await createApi({
    services,
    config: {
      host: '127.0.0.1',
      apiKeys: [],
      corsOrigins: [],
      maxUploadBytes: 2 ** 20,
      minFreeBytes: 0,
      dataDir,
      ...settings,
    },
    uploadFolder,
    logger,
    telemetry,
  });
  const server = createServer(api.app);
  const port = await listen(server);
  const bearer: OutgoingHttpHeaders =
    settings.apiKeys === undefined ? {} : { authorization: `Bearer ${settings.apiKeys[0] ?? ''}` };
  const send: TestApi['send'] = (method, path, body, headers = {}) =>
    exchange(
      port,
      method,
      path,
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      {
        ...bearer,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    );
  const upload: TestApi['upload'] = (path, parts, headers = {}) =>
    send('POST', path, formOf(parts), {
      'content-type': 'multipart/form-data; boundary=edge',
      ...headers,
    });
  return {
    port,
    storage,
    services,
    logs,
    send,
    upload,
    uploads: () => readdir(uploadFolder),
    study: async () => {
      const { body } = await upload('/v1/datasets', [TABLE]);
      const dataset = String(body['id']);
      const made = await send('POST', '/v1/studies', { dataset, target: 'kind', start: false });
      return { dataset, study: String(made.body['id']) };
    },
    closeApi: () => api.close(),
    close: async () => {
      await api.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await services.close();
      await storage.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One device that is never free. */
const NO_WORKERS: TrialTransport = {
  listen: () => undefined,
  start: () => Promise.resolve(),
  ready: () => true,
  slots: () => [{ device: 'cpu', state: 'starting', study: null, trial: null }],
  engines: () => [{ name: 'cpu', version: '1', available: true, reason: null, devices: ['cpu'] }],
  free: () => 0,
  run: () => undefined,
  verdict: () => undefined,
  cancel: () => undefined,
  perform: () => Promise.reject(new UnavailableError('no_worker', 'no worker here', 1)),
  close: () => Promise.resolve(),
};

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function formOf(parts: readonly FormPart[]): Buffer {
  const lines = parts.map(({ name, value, fileName }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: text/csv`;
    return `--edge\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  });
  return Buffer.from(`${lines.join('')}--edge--\r\n`);
}

/** Plain HTTP, so that every header (Host, Origin) can be what a test wants. */
function exchange(
  port: number,
  method: string,
  path: string,
  body: string | Buffer | undefined,
  headers: OutgoingHttpHeaders,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = (response.headers['content-type'] ?? '').includes('json') && text !== '';
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
