import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobOutcome, TrialJob } from '../../src/core/job';
import type { Part } from '../../src/core/metrics';
import { streamOf } from '../../src/core/random';
import {
  Augmenter,
  bytesOfRows,
  chooseRows,
  closeRows,
  gatherRows,
  ingestFile,
  openTable,
  prepareTable,
  readRows,
  type PreparedTable,
} from '../../src/datasets';
import { runTrial } from '../../src/training';
import { configOf } from '../training/penguins';
import { bars, npy, npz } from './image-files';
import { CONFIG, TestTables } from './tables';

const ROWS = 3000;
const NO_TARGETS = new Float32Array();
const PARTS: readonly Part[] = ['train', 'validation', 'test'];

let tables: TestTables;
let memory: PreparedTable;
let files: PreparedTable;

beforeAll(async () => {
  tables = new TestTables();
  const stream = streamOf('rows in files');
  const cells = Array.from({ length: ROWS }, (_, i) => ({
    number: i % 13 === 0 ? null : stream.normal(),
    word: `word ${String(Math.floor(stream.uniform() * 30))}`,
    text: `t${String(i % 997)}`,
    target: stream.uniform() < 0.5 ? 'a' : 'b',
  }));
  const job = tables.job(await tables.read(cells), 'target');
  const config = { ...CONFIG, categorical: 'target', enrich: 'powers', pca: 3 } as const;
  memory = await prepareTable(job, config);
  files = await prepareTable(job, config, 1000);
});
afterAll(async () => {
  for (const part of PARTS) closeRows(files.parts[part].x);
  await tables.close();
});

describe('rows that have no room in memory', () => {
  it('lie on the disk, in files without a name', () => {
    const { train } = files.parts;
    expect(bytesOfRows(train.x)).toEqual({ memory: 0, disk: train.rows * files.width * 4 });
    expect(readdirSync(tables.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('are the same numbers as in memory', () => {
    expect(files.fitted).toEqual(memory.fitted);
    for (const part of PARTS) {
      const { rows, x, y } = files.parts[part];
      expect(y).toEqual(memory.parts[part].y);
      expect(readRows(x, files.width, 0, rows)).toEqual(readRows(memory.parts[part].x, files.width, 0, rows));
    }
  });

  it.each([
    ['in any order', (rows: number) => streamOf(1).shuffle(Uint32Array.from({ length: rows }, (_, i) => i))],
    ['far apart', (rows: number) => Uint32Array.of(rows - 1, 0, rows >> 1)],
    ['more than once', () => Uint32Array.of(5, 5, 4, 5)],
    ['none of them', () => new Uint32Array()],
  ])('are gathered %s', (_, orderOf) => {
    const { width } = files;
    const order = orderOf(files.parts.train.rows);
    const [a, b] = [files, memory].map(({ parts }) => {
      const out = new Float32Array(order.length * width);
      gatherRows(parts.train.x, width, order, out);
      return out;
    });
    expect(a).toEqual(b);
  });

  it('can be chosen from, and chosen from again', () => {
    const { width } = files;
    const some = chooseRows(
      chooseRows(files.parts.train.x, Uint32Array.of(9, 3, 700, 12)),
      Uint32Array.of(2, 0),
    );
    const expected = [700, 9].flatMap((row) => [...readRows(memory.parts.train.x, width, row, row + 1)]);
    expect([...readRows(some, width, 0, 2)]).toEqual(expected);
  });

  it.each(['compiled', 'wasm'] as const)('train to the same bits with the engine %s', async (engine) => {
    const job = {
      id: 'st/0/1',
      study: 'st',
      trial: 0,
      seed: 5,
      data: {} as TrialJob['data'],
      config: configOf(
        { model: { layers: [{ dense: { units: 4 } }] }, training: { epochs: 2, batchSize: 64 } },
        'binary',
      ),
      objective: { metric: 'validation.logLoss', direction: 'minimize' },
      verdicts: null,
      engine,
      device: null,
      isolated: false,
      checkpoint: null,
      checkpointMs: Infinity,
    } as const;
    const train = async (data: PreparedTable): Promise<JobOutcome> => {
      const host = {
        device: 'cpu',
        checkpoint: () => undefined,
        started: () => undefined,
        report: () => undefined,
        cancelled: () => false,
      };
      return runTrial(job, data, { ...host, verdict: () => Promise.resolve('continue') });
    };
    const outcome = await train(files);
    expect(outcome.state).toBe('completed');
    expect(outcome).toEqual(await train(memory));
  });

  it('may be images, turned as in memory', async () => {
    const { x, y } = bars(50);
    const content = await npz(npy('|u1', [50, 8, 8], x), npy('|u1', [50], y));
    const path = join(tables.folder, 'bars.npz');
    await writeFile(path, content);
    const read = await ingestFile({ path, format: 'npz', tablesFolder: tables.folder, sha256: 'bars' });
    const tableFolder = join(tables.folder, read.tableKey);
    const job = {
      ...tables.job({ ...read, tableFolder, sha256: 'bars', table: await openTable(tableFolder) }, 'y'),
    };
    const order = Uint32Array.of(20, 3, 11);
    const [a, b] = await Promise.all(
      [Infinity, 10].map(async (room) => {
        const { parts, fitted } = await prepareTable(job, CONFIG, room);
        const out = new Float32Array(3 * 64);
        new Augmenter(parts.train.x, [8, 8, 1], { rotate: 20, flip: 1 }, 3).gather(
          order,
          out,
          NO_TARGETS,
          0,
          1,
          0,
        );
        const some = new Float32Array(64);
        new Augmenter(chooseRows(parts.train.x, order), [8, 8, 1], { rotate: 20 }, 1).gather(
          Uint32Array.of(1),
          some,
          NO_TARGETS,
          0,
          1,
          0,
        );
        const plain = readRows(parts.validation.x, 64, 0, 5);
        if (room === 10) expect(bytesOfRows(parts.train.x).disk).toBe(30 * 64);
        for (const part of PARTS) closeRows(parts[part].x);
        return { out, some, plain, fitted };
      }),
    );
    expect(a).toEqual(b);
  });

  it('get the noise and the mixtures that they get in memory', () => {
    const order = Uint32Array.of(8, 1, 1000, 3);
    for (const strengths of [{ noise: 0.1 }, { mixup: 1 }, { noise: 0.1, mixup: 1 }]) {
      const [a, b] = [files, memory].map(({ parts, width }) => {
        const out = new Float32Array(order.length * width);
        new Augmenter(parts.train.x, [width], strengths, order.length).gather(
          order,
          out,
          NO_TARGETS,
          0,
          7,
          0,
        );
        return out;
      });
      expect(a).toEqual(b);
    }
  });
});
