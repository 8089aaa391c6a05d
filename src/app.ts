import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { createApi, createTelemetry } from './api';
import type { Config } from './config';
import { InvalidError } from './core/errors';
import type { EngineStatus } from './core/job';
import { createLogger } from './log';
import { createServices } from './services';
import { openBlobStore, openStorage } from './storage';
import { createInference, createIpcTransport } from './transport';
import { version } from './version';

/** How long workers may take to end before they are killed, in milliseconds. */
const WORKER_GRACE_MS = 3000;
/** How long requests that are being answered may take to end, in milliseconds. */
const REQUEST_GRACE_MS = 3000;

export interface Application {
  /** `http://127.0.0.1:3000` */
  readonly address: string;
  /** As the workers have found them. */
  readonly engines: readonly EngineStatus[];
  /** No new trials, streams closed, workers ended; resolves within 8 seconds. */
  close(): Promise<void>;
}

/**
 * The composition root: the only place that knows every room. Whatever it has opened is closed again when a later
 * step fails.
 */
export async function startApplication(config: Config): Promise<Application> {
  const logger = createLogger(config.logLevel);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).reverse()) {
      await step().catch((error: unknown) => {
        logger.error({ error }, 'a part did not close cleanly');
      });
    }
    logger.flush();
  };
  try {
    return { ...(await open(config, logger, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: Config,
  logger: Logger,
  closers: (() => Promise<unknown>)[],
): Promise<Omit<Application, 'close'>> {
  const tablesFolder = join(config.dataDir, 'tables');
  const uploadFolder = join(config.dataDir, 'uploads');
  await makeFolders(config.dataDir, [tablesFolder, uploadFolder]);
  const telemetry = createTelemetry();
  const storage = openStorage({
    dataDir: config.dataDir,
    onCommitSeconds: (seconds) => {
      telemetry.commit(seconds);
    },
  });
  closers.push(() => storage.close());
  const blobs = await openBlobStore(join(config.dataDir, 'blobs'));
  const costsFile = join(config.dataDir, 'engine-costs.json');
  const transport = createIpcTransport({
    devices: config.devices,
    costsFile,
    datasetMemory: config.maxDatasetMemory,
    telemetry,
  });
  closers.push(() => transport.close(WORKER_GRACE_MS));
  const inference = createInference(telemetry);
  closers.push(() => inference.close());
  const services = createServices({
    storage,
    blobs,
    transport,
    inference,
    logger,
    telemetry,
    dataDir: config.dataDir,
    tablesFolder,
    datasetMemory: config.maxDatasetMemory,
    maxRunningStudies: config.maxRunningStudies,
    checkpointMs: config.checkpointSeconds * 1000,
    version,
  });
  closers.push(() => services.close());
  const api = await createApi({ services, config, uploadFolder, logger, telemetry });
  const server = createServer(api.app);
  closers.push(() => closeServer(server));
  closers.push(() => api.close());
  const address = await listen(server, config);
  // Requests are answered while the first worker is still starting; /readyz tells.
  await transport.start();
  await services.start();
  return { address, engines: transport.engines() };
}

/** @throws InvalidError `invalid_setting` where they cannot be made */
async function makeFolders(dataDir: string, folders: readonly string[]): Promise<void> {
  try {
    // Step by step: in a file system that holds no folders (/proc) Node's own way does not end.
    for (const folder of folders) await makeFolder(folder);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InvalidError(
      'invalid_setting',
      `DATA_DIR=${dataDir}: ${problem}; give a folder that can be written`,
    );
  }
}

async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch((error: unknown) => {
    // Another service may be starting there.
    if (!existsSync(folder)) throw error;
  });
}

async function listen(server: Server, { host, port }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isPort = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      const [setting, advice] = isPort
        ? [`PORT=${String(port)}`, 'give another, or 0 for a free one']
        : [`HOST=${host}`, 'give an address of this machine'];
      reject(new InvalidError('invalid_setting', `${setting}: ${error.message}; ${advice}`));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(bound)}`;
}

async function closeServer(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) =>
    server.close(() => {
      resolve();
    }),
  );
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, REQUEST_GRACE_MS);
  await ended;
  clearTimeout(timer);
}
