import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamOf } from '../src/core/random';
import type { ColumnProfile } from '../src/core/dataset';
import { openTable } from '../src/datasets';
import { auditTable } from '../src/datasets/audit/audit-table';
import { MANIFEST_FILE, TABLE_VERSION, type TableManifest } from '../src/datasets/table-format';

const ROWS = 1_000_000;
const NUMBERS = 14;
const LEVELS = [2, 5, 12, 60, 400];

/** The audit of a table as ingest leaves it: 1 000 000 rows, 14 numbers, 5 categories and a target of two classes. */
export async function audit(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tuneloom-bench-audit-'));
  try {
    await writeTable(folder);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const used = process.cpuUsage();
    const table = await openTable(folder);
    const found = await auditTable(table, {
      target: 'target',
      rows: null,
      features: null,
      parts: null,
      group: null,
    });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(used);
    const processor = ((user + system) / 1e6).toFixed(1);
    const peak = process.resourceUsage().maxRSS * 1024;
    console.log(`audit of ${String(ROWS)} rows × ${String(found.columns.length)} columns:`);
    console.log(
      `  ${seconds.toFixed(1)} s, ${processor} s of processor time, ${String(found.findings.length)} findings`,
    );
    console.log(
      `  peak memory of the process ${mebibytes(peak)} MiB, ${mebibytes(before)} MiB before it began`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const stream = streamOf('bench', 'audit');
  const signal = Float64Array.from({ length: ROWS }, () => stream.normal());
  const columns: TableManifest['columns'][number][] = [];
  for (let k = 0; k < NUMBERS; k++) {
    const values = signal.map((value, i) => {
      if ((i * 7919 + k) % 97 === 0) return NaN;
      const mixed = (value * k) / NUMBERS + stream.normal();
      return k % 4 === 3 ? Math.exp(mixed) : mixed;
    });
    const file = `${String(k)}.bin`;
    await writeFile(join(folder, file), new Uint8Array(values.buffer));
    columns.push({ profile: profile(`x${String(k)}`, 'numeric', ROWS), storage: { kind: 'numbers', file } });
  }
  for (const [k, count] of [...LEVELS, 2].entries()) {
    const isTarget = k === LEVELS.length;
    const values = Int32Array.from({ length: ROWS }, (_, i) =>
      isTarget
        ? Number((signal[i] ?? 0) + stream.normal() > 0)
        : Math.floor(stream.uniform() * stream.uniform() * count),
    );
    const levels = Array.from({ length: count }, (_, level) => `level ${String(level)}`).sort();
    const file = `c${String(k)}.bin`;
    await writeFile(join(folder, file), new Uint8Array(values.buffer));
    const counts = levels.map((value) => ({ value, count: Math.round(ROWS / count) }));
    const own = { ...profile(isTarget ? 'target' : `c${String(k)}`, 'categorical', count), levels: counts };
    columns.push({ profile: own, storage: { kind: 'codes', file, levels } });
  }
  const manifest: TableManifest = { version: TABLE_VERSION, format: 'csv', rows: ROWS, columns };
  await writeFile(join(folder, MANIFEST_FILE), JSON.stringify(manifest));
}

function profile(name: string, type: ColumnProfile['type'], distinct: number): ColumnProfile {
  return { name, type, missing: 0, distinct, integral: false, levels: null };
}

function mebibytes(bytes: number): string {
  return String(Math.round(bytes / 2 ** 20));
}
