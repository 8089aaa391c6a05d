import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, type StartedService } from '../../scripts/demo/service';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The shape differs by call; each test names what it looks at.
  readonly body: Record<string, unknown>;
}

/** A real service in a process of its own, on a folder of its own. */
export interface TestService {
  readonly address: string;
  readonly pid: number;
  readonly dataDir: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  upload(
    path: string,
    content: string | Uint8Array,
    fields?: Record<string, string>,
    fileName?: string,
  ): Promise<Answer>;
  /** Ends it like a power cut, and waits until the process is gone. */
  kill(): Promise<void>;
  /** Starts again on the same folder. */
  restart(): Promise<TestService>;
  stop(): Promise<void>;
}

const started = new Set<StartedService>();
const folders = new Set<string>();

export async function testService(env: NodeJS.ProcessEnv = {}, dataDir?: string): Promise<TestService> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'tuneloom-e2e-')));
  folders.add(folder);
  const service = await startService(folder, { LOG_LEVEL: 'fatal', ...env });
  started.add(service);
  const gone = new Promise<void>((resolve) =>
    service.process.once('exit', () => {
      resolve();
    }),
  );
  const { address } = service;
  return {
    address,
    pid: service.process.pid ?? 0,
    dataDir: folder,
    call: async (method, path, body, headers = {}) => {
      const init: RequestInit = { method, headers: { ...headers } };
      if (body !== undefined) {
        init.body = typeof body === 'string' ? body : JSON.stringify(body);
        init.headers = { 'content-type': 'application/json', ...headers };
      }
      return answerOf(await fetch(`${address}${path}`, init));
    },
    upload: async (path, content, fields = {}, fileName = 'table.csv') => {
      const form = new FormData();
      form.append('file', new Blob([content]), fileName);
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      return answerOf(await fetch(`${address}${path}`, { method: 'POST', body: form }));
    },
    kill: async () => {
      service.process.kill('SIGKILL');
      await gone;
      started.delete(service);
    },
    restart: () => testService(env, folder),
    stop: async () => {
      started.delete(service);
      await service.stop();
    },
  };
}

/** For afterAll: ends what a failed test left behind. */
export async function stopAll(): Promise<void> {
  for (const service of started) service.process.kill('SIGKILL');
  started.clear();
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.clear();
}

export async function penguins(): Promise<string> {
  return readFile('data/penguins.csv', 'utf8');
}

/** Polls until `found` gives something, at most `seconds`. */
export async function until<T>(found: () => Promise<T | null | undefined | false>, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const value = await found();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`it did not happen within ${String(seconds)} seconds`);
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const body = isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : { text };
  return { status: response.status, headers: response.headers, body };
}
