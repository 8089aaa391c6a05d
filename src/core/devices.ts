import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { InvalidError } from './errors';

/** Slots of one device: `cpu`, `webgpu`, `cuda:0` … A graphics device has one. */
export interface DevicePlan {
  readonly device: string;
  readonly slots: number;
}

/** What computes on a device: the part of its name before the index. */
export type DeviceKind = 'cpu' | 'webgpu' | 'cuda';

const MOST_SLOTS = 256;
const MOST_INDEX = 63;
const ALLOWED = `allowed are auto, or a list of cpu, cpu:<count> with a count of 1 to ${String(MOST_SLOTS)}, webgpu, cuda and cuda:<index>`;

/**
 * Reads `DEVICES`: `auto` (every physical core that this process may use), or a list of `cpu`, `cpu:<count>`, `webgpu`,
 * `cuda` (that is `cuda:0`) and `cuda:<index>`. Whether there is such a device is found out by its worker.
 * @throws InvalidError `invalid_setting`
 */
export function parseDevices(text: string): readonly DevicePlan[] {
  if (text.trim() === 'auto') return [{ device: 'cpu', slots: physicalCores() }];
  const plans = text.split(',').map((part) => planOf(part.trim(), text));
  const devices = plans.map(({ device }) => device);
  const twice = devices.find((device, i) => devices.indexOf(device) !== i);
  if (twice !== undefined) throw wrong(text, `${twice} is there twice`);
  return plans;
}

export function deviceKind(device: string): DeviceKind {
  const [kind] = device.split(':');
  return kind === 'webgpu' || kind === 'cuda' ? kind : 'cpu';
}

function planOf(part: string, text: string): DevicePlan {
  if (part === 'cpu') return { device: 'cpu', slots: physicalCores() };
  if (part === 'webgpu') return { device: 'webgpu', slots: 1 };
  const [, kind, digits] = /^(cpu|cuda)(?::(\d{1,3}))?$/.exec(part) ?? [];
  const number = Number(digits ?? 0);
  if (kind === 'cpu' && number >= 1 && number <= MOST_SLOTS) return { device: 'cpu', slots: number };
  if (kind === 'cuda' && number <= MOST_INDEX) return { device: `cuda:${String(number)}`, slots: 1 };
  throw wrong(text, `${part === '' ? 'an empty part' : part} is no device`);
}

function wrong(text: string, what: string): InvalidError {
  return new InvalidError('invalid_setting', `DEVICES=${text}: ${what}; ${ALLOWED}`);
}

/** Physical cores of this machine, no more than the process may run on at once. */
export function physicalCores(): number {
  const allowed = Math.min(availableParallelism(), quota() ?? Infinity);
  return Math.max(1, Math.floor(Math.min(allowed, countCores() ?? allowed)));
}

/** The share of the control group, in cores; null where there is none. */
function quota(): number | null {
  const [most, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ').map(Number);
  if (most !== undefined && period !== undefined && most > 0 && period > 0) return most / period;
  const old = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? NaN);
  const oldPeriod = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? NaN);
  return old > 0 && oldPeriod > 0 ? old / oldPeriod : null;
}

/** Pairs of (socket, core): two threads of one core count once. */
function countCores(): number | null {
  const cores = new Set<string>();
  for (const block of (read('/proc/cpuinfo') ?? '').split('\n\n')) {
    const socket = /^physical id\s*:\s*(\d+)/m.exec(block)?.[1];
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (socket !== undefined && core !== undefined) cores.add(`${socket}/${core}`);
  }
  return cores.size === 0 ? null : cores.size;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
