import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamOf } from '../../src/core/random';
import { auditDataset, auditStudy, ingestFile, type Audit, type AuditFinding } from '../../src/datasets';
import { colourImage, npy, npz, zipOf, type Entry } from './image-files';
import { TestTables, type ReadTable } from './tables';
import type { DatasetFormat } from '../../src/core/dataset';

const SIDE = 6;
const PIXELS = SIDE * SIDE;

const tables = new TestTables();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-audit-images-'));
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

async function read(content: Buffer, format: DatasetFormat): Promise<Omit<ReadTable, 'table'>> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const path = join(folder, sha256);
  await writeFile(path, content);
  const { tableKey, profiles } = await ingestFile({ path, format, tablesFolder: folder, sha256 });
  return { tableFolder: join(folder, tableKey), sha256, profiles };
}

/** Grey images of noise. @param of the image that each row shows @param labels of each row */
async function images(of: readonly number[], labels: readonly number[]): Promise<Omit<ReadTable, 'table'>> {
  const x = Uint8Array.from(
    of.flatMap((image) => {
      const stream = streamOf(7, String(image));
      return Array.from({ length: PIXELS }, () => stream.integer(0, 255));
    }),
  );
  const rows = of.length;
  return read(
    await npz(npy('|u1', [rows, SIDE, SIDE], x), npy('|u1', [rows], Uint8Array.from(labels))),
    'npz',
  );
}

async function audit(of: readonly number[], labels: readonly number[]): Promise<Audit> {
  return auditDataset((await images(of, labels)).tableFolder, 'y');
}

function finding({ findings }: Audit, code: AuditFinding['code']): AuditFinding | undefined {
  return findings.find((each) => each.code === code);
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe('the audit of images', () => {
  it('raises nothing of images of which no two are equal', async () => {
    const found = await audit(
      range(200),
      range(200).map((i) => i % 2),
    );
    expect(found.findings).toEqual([]);
  });

  it('lists their column: how many differ, and their shape', async () => {
    const { columns } = await audit(
      range(120).map((i) => i % 60),
      range(120).map((i) => i % 2),
    );
    expect(columns.map(({ name }) => name)).toEqual(['x', 'y']);
    expect(columns[0]).toEqual({
      name: 'x',
      type: 'image',
      missing: 0,
      distinct: 60,
      numbers: null,
      levels: null,
      length: null,
      image: { height: SIDE, width: SIDE, channels: 1, range: 255 },
      association: null,
    });
    expect(columns[1]?.image).toBeNull();
  });

  it('finds images that stand twice, with their rows', async () => {
    const found = await audit(
      range(200).map((i) => i % 100),
      range(200).map((i) => i % 2),
    );
    expect(finding(found, 'duplicate_rows')).toMatchObject({
      severity: 'problem',
      evidence: { copies: 100, rows: 200, share: 0.5, pairs: 100, differing: 0 },
    });
    expect(finding(found, 'duplicate_rows')?.evidence['examples']).toContainEqual(
      expect.arrayContaining([expect.any(Number), expect.any(Number)]),
    );
    for (const [first = 0, second = 0] of finding(found, 'duplicate_rows')?.evidence[
      'examples'
    ] as number[][])
      expect(second - first).toBe(100);
  });

  it('finds a single copy among many, and says where its label is another', async () => {
    const labels = range(300).map((i) => i % 2);
    const once = finding(await audit([...range(299), 4], labels), 'duplicate_rows');
    expect(once).toMatchObject({
      severity: 'info',
      evidence: { copies: 1, differing: 1, examples: [[4, 299]] },
    });
    expect(once?.message).toContain('the other columns say something else of 1 of them');
  });

  it('of a zip finds them too, in colour', async () => {
    const entries: Entry[] = [];
    for (let i = 0; i < 40; i++)
      entries.push([`${i % 2 === 0 ? 'a' : 'b'}/${String(i)}.png`, await colourImage([i, 200 - i, 90])]);
    entries.push(['a/again.png', await colourImage([6, 194, 90])]);
    const { tableFolder } = await read(await zipOf(entries), 'zip');
    const found = await auditDataset(tableFolder, null);
    expect(found.columns.map(({ name }) => name)).toEqual(['image', 'label']);
    expect(finding(found, 'duplicate_rows')?.evidence).toMatchObject({ copies: 1, rows: 41 });
  });

  it('of tiny images needs more copies than chance makes', async () => {
    const stream = streamOf('tiny');
    const x = Uint8Array.from({ length: 4 * 300 }, () => 255 * stream.integer(0, 1));
    const y = Uint8Array.from({ length: 300 }, (_, i) => i % 2);
    const { tableFolder } = await read(await npz(npy('|u1', [300, 2, 2], x), npy('|u1', [300], y)), 'npz');
    expect(finding(await auditDataset(tableFolder, 'y'), 'duplicate_rows')).toBeUndefined();
  });

  it('of a study finds those that stand on both sides of the split', async () => {
    const labels = range(200).map((i) => i % 2);
    const twice = await images(
      range(200).map((i) => i % 100),
      labels,
    );
    const found = await auditStudy(tables.job(twice as ReadTable, 'y'));
    const leak = finding(found, 'leak_across_split');
    expect(leak?.message).toContain('have the same pixels as a training row');
    expect(leak?.advice).not.toContain('split.group');
    const examples = leak?.evidence['examples'] as { row: number; training: number }[];
    expect(examples.length).toBeGreaterThan(0);
    for (const { row, training } of examples) expect(Math.abs(row - training)).toBe(100);
    // Training rows that repeat each other are told with their rows in the table.
    expect(finding(found, 'duplicate_rows')?.evidence['rows']).toBe(120);
    for (const [first = 0, second = 0] of finding(found, 'duplicate_rows')?.evidence[
      'examples'
    ] as number[][])
      expect(second - first).toBe(100);
    const clean = await auditStudy(tables.job((await images(range(200), labels)) as ReadTable, 'y'));
    expect(clean.findings).toEqual([]);
  });
});
