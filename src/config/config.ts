import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseDevices, type DevicePlan } from '../core/devices';
import { InvalidError, TuneloomError, type FieldError } from '../core/errors';

/** Settings of the service, read once from the environment. */
export interface Config {
  /** HOST: address to listen on; beyond loopback only with API keys. */
  readonly host: string;
  /** PORT: 0 takes a free one. */
  readonly port: number;
  /** DATA_DIR: database, blobs, tables and uploads. */
  readonly dataDir: string;
  /** API_KEYS and API_KEYS_FILE: bearer keys; none while the service listens on loopback only. */
  readonly apiKeys: readonly string[];
  /** CORS_ORIGINS: web pages of these origins may call the service. */
  readonly corsOrigins: readonly string[];
  /** DEVICES: what trials run on. */
  readonly devices: readonly DevicePlan[];
  /** MAX_UPLOAD_BYTES: largest file of an upload. */
  readonly maxUploadBytes: number;
  /** MAX_RUNNING_STUDIES: more are answered with 429. */
  readonly maxRunningStudies: number;
  /** MIN_FREE_BYTES: uploads that would leave less on the disk are refused with 507. */
  readonly minFreeBytes: number;
  /** CHECKPOINT_SECONDS: how often a running trial is checkpointed, so that a lost worker costs no more than that. */
  readonly checkpointSeconds: number;
  /** MAX_DATASET_MEMORY: what one process takes for a dataset; a larger one is read and trained on in pieces. */
  readonly maxDatasetMemory: number;
  /** LOG_LEVEL: fatal, error, warn, info, debug, trace or silent. */
  readonly logLevel: string;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
]);
/** Settings of the contract whose capability this version does not have. */
const NOT_BUILT: Readonly<Record<string, string>> = {
  REDIS_URL: 'workers on other machines are not built yet',
};
const LEAST_DATASET_MEMORY = 128 * 2 ** 20;
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
const BYTES = 'bytes, such as 1000000, 500MB or 2GiB';

/**
 * Reads every setting; an empty variable counts as unset.
 * @throws InvalidError `invalid_setting` with one line for every variable that is wrong
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: FieldError[] = [];
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | null, allowed: string): T => {
    const text = textOf(env, name);
    if (text === '') return fallback;
    const value = parse(text);
    if (value === null) problems.push({ path: name, message: `${name}=${text}: allowed is ${allowed}` });
    return value ?? fallback;
  };
  for (const [name, why] of Object.entries(NOT_BUILT)) {
    const text = textOf(env, name);
    if (text === '') continue;
    problems.push({ path: name, message: `${name}=${withoutPassword(text)}: ${why}; leave it unset` });
  }
  const host = read('HOST', '127.0.0.1', hostOf, 'an IP address or a host name');
  const apiKeys = Object.freeze(keysOf(env, problems));
  if (!isLoopback(host) && apiKeys.length === 0) {
    const message = `HOST=${host}: listening beyond loopback needs API_KEYS or API_KEYS_FILE; allowed without them are 127.0.0.1, ::1 and localhost`;
    problems.push({ path: 'HOST', message });
  }
  const config: Config = {
    host,
    port: read(
      'PORT',
      3000,
      (text) => wholeNumber(text, 0, 65_535),
      'a whole number from 0 (a free port) to 65535',
    ),
    dataDir: resolve(read('DATA_DIR', './var', folderOf, 'a folder, which is made where there is none')),
    apiKeys,
    corsOrigins: Object.freeze(
      read('CORS_ORIGINS', [], originsOf, 'origins such as https://example.org, separated by commas'),
    ),
    devices: Object.freeze(devicesOf(textOf(env, 'DEVICES'), problems)),
    maxUploadBytes: read('MAX_UPLOAD_BYTES', 2 * 2 ** 30, (text) => bytesOf(text, 1), BYTES),
    maxRunningStudies: read(
      'MAX_RUNNING_STUDIES',
      32,
      (text) => wholeNumber(text, 1, 10_000),
      'a whole number from 1 to 10000',
    ),
    minFreeBytes: read('MIN_FREE_BYTES', 256 * 2 ** 20, (text) => bytesOf(text, 0), BYTES),
    checkpointSeconds: read(
      'CHECKPOINT_SECONDS',
      30,
      (text) => wholeNumber(text, 1, 86_400),
      'a whole number from 1 to 86400',
    ),
    maxDatasetMemory: read(
      'MAX_DATASET_MEMORY',
      2 ** 30,
      (text) => bytesOf(text, LEAST_DATASET_MEMORY),
      `${BYTES}, at least 128MiB`,
    ),
    logLevel: read(
      'LOG_LEVEL',
      'info',
      (text) => (LOG_LEVELS.includes(text) ? text : null),
      LOG_LEVELS.join(', '),
    ),
  };
  if (problems.length > 0) {
    const lines = problems.map(({ message }) => message).join('\n');
    throw new InvalidError('invalid_setting', lines, { errors: problems });
  }
  return Object.freeze(config);
}

function textOf(env: NodeJS.ProcessEnv, name: string): string {
  return env[name]?.trim() ?? '';
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function hostOf(text: string): string | null {
  return isIP(text) !== 0 || HOST_NAME.test(text) ? text : null;
}

/** What stands at the path, if anything, has to be a folder. */
function folderOf(text: string): string | null {
  try {
    return statSync(text, { throwIfNoEntry: false })?.isDirectory() === false ? null : text;
  } catch {
    return null;
  }
}

/** Keys of both variables. No message repeats one. */
function keysOf(env: NodeJS.ProcessEnv, problems: FieldError[]): readonly string[] {
  const keys = (text: string): readonly string[] =>
    text
      .split(/[,\n]/)
      .map((key) => key.trim())
      .filter((key) => key !== '');
  const path = 'API_KEYS_FILE';
  const file = textOf(env, path);
  const given = textOf(env, 'API_KEYS');
  const listed = keys(given);
  if (given !== '' && listed.length === 0) {
    const message = `API_KEYS=${given}: allowed are keys, separated by commas`;
    problems.push({ path: 'API_KEYS', message });
  }
  if (file === '') return listed;
  const refuse = (what: string): void => {
    problems.push({
      path,
      message: `${path}=${file}: the file ${what}; allowed is a file of one key a line`,
    });
  };
  try {
    const fromFile = keys(readFileSync(file, 'utf8'));
    if (fromFile.length === 0) refuse('has no keys');
    return [...listed, ...fromFile];
  } catch {
    refuse('cannot be read');
    return listed;
  }
}

function devicesOf(text: string, problems: FieldError[]): readonly DevicePlan[] {
  try {
    return parseDevices(text === '' ? 'auto' : text);
  } catch (error) {
    if (!(error instanceof TuneloomError)) throw error;
    problems.push({ path: 'DEVICES', message: error.message });
    return [];
  }
}

/** A password in an address stays out of what is printed. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//…@');
}

function wholeNumber(text: string, low: number, high: number): number | null {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= low && value <= high ? value : null;
}

function bytesOf(text: string, least: number): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text);
  const unit = UNITS.get((match?.[2] ?? '').toLowerCase());
  if (match === null || unit === undefined) return null;
  const bytes = Math.floor(Number(match[1]) * unit);
  return bytes >= least && Number.isSafeInteger(bytes) ? bytes : null;
}

function originsOf(text: string): readonly string[] | null {
  const origins = text
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  const fits = origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin);
  return fits ? origins : null;
}
