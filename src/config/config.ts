import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDevices, type DevicePlan } from '../core/devices';
import { InvalidError, TuneloomError } from '../core/errors';

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
  /** LOG_LEVEL: fatal, error, warn, info, debug, trace or silent. */
  readonly logLevel: string;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
/** Settings of the contract whose capability this version does not have. */
const NOT_BUILT: Readonly<Record<string, string>> = {
  REDIS_URL: 'workers on other machines are not built yet',
  MAX_DATASET_MEMORY: 'a limit of dataset memory is not built yet',
};

/**
 * @throws InvalidError `invalid_setting` with one line for every variable that is wrong
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | null, allowed: string): T => {
    const text = env[name]?.trim();
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value === null) problems.push(`${name}=${text}: allowed is ${allowed}`);
    return value ?? fallback;
  };
  for (const [name, why] of Object.entries(NOT_BUILT)) {
    if ((env[name] ?? '').trim() !== '') problems.push(`${name}=${env[name] ?? ''}: ${why}; leave it unset`);
  }
  const host = read('HOST', '127.0.0.1', (text) => text, 'an address');
  const apiKeys = keysOf(env, problems);
  if (!isLoopback(host) && apiKeys.length === 0) {
    problems.push(
      `HOST=${host}: listening beyond loopback needs API_KEYS or API_KEYS_FILE; allowed without them are 127.0.0.1, ::1 and localhost`,
    );
  }
  const config: Config = {
    host,
    port: read(
      'PORT',
      3000,
      (text) => wholeNumber(text, 0, 65_535),
      'a whole number from 0 (a free port) to 65535',
    ),
    dataDir: resolve(read('DATA_DIR', './var', (text) => text, 'a folder')),
    apiKeys,
    corsOrigins: read(
      'CORS_ORIGINS',
      [],
      originsOf,
      'origins such as https://example.org, separated by commas',
    ),
    devices: devicesOf(env['DEVICES'] ?? 'auto', problems),
    maxUploadBytes: read('MAX_UPLOAD_BYTES', 2 * 2 ** 30, bytesOf, 'bytes, such as 1000000, 500MB or 2GiB'),
    maxRunningStudies: read(
      'MAX_RUNNING_STUDIES',
      32,
      (text) => wholeNumber(text, 1, 10_000),
      'a whole number from 1 to 10000',
    ),
    minFreeBytes: read('MIN_FREE_BYTES', 256 * 2 ** 20, bytesOf, 'bytes, such as 1000000, 500MB or 2GiB'),
    logLevel: read(
      'LOG_LEVEL',
      'info',
      (text) => (LOG_LEVELS.includes(text) ? text : null),
      LOG_LEVELS.join(', '),
    ),
  };
  if (problems.length > 0) throw new InvalidError('invalid_setting', problems.join('\n'));
  return Object.freeze(config);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function keysOf(env: NodeJS.ProcessEnv, problems: string[]): readonly string[] {
  const file = env['API_KEYS_FILE']?.trim() ?? '';
  const split = (text: string): readonly string[] =>
    text
      .split(/[,\n]/)
      .map((key) => key.trim())
      .filter((key) => key !== '');
  let fromFile: readonly string[] = [];
  if (file !== '') {
    try {
      fromFile = split(readFileSync(file, 'utf8'));
      if (fromFile.length === 0)
        problems.push(`API_KEYS_FILE=${file}: the file has no keys; allowed is a file of one key a line`);
    } catch {
      problems.push(`API_KEYS_FILE=${file}: the file cannot be read; allowed is a file of one key a line`);
    }
  }
  return [...split(env['API_KEYS'] ?? ''), ...fromFile];
}

function devicesOf(text: string, problems: string[]): readonly DevicePlan[] {
  try {
    return parseDevices(text.trim() === '' ? 'auto' : text);
  } catch (error) {
    if (!(error instanceof TuneloomError)) throw error;
    problems.push(error.message);
    return [];
  }
}

function wholeNumber(text: string, low: number, high: number): number | null {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= low && value <= high ? value : null;
}

function bytesOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text);
  const unit = UNITS[(match?.[2] ?? '').toLowerCase()];
  return match === null || unit === undefined ? null : Math.floor(Number(match[1]) * unit);
}

function originsOf(text: string): readonly string[] | null {
  const origins = text
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  const fits = origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin);
  return fits ? origins : null;
}
