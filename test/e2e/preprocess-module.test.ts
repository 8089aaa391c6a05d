import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { RowObject } from '../../src/core/dataset';
import { streamOf } from '../../src/core/random';
import type { PreparationConfig } from '../../src/core/specification';
import {
  applyPreparation,
  partsOfSplit,
  prepareTable,
  readRows,
  splitRows,
  type FittedPreparation,
} from '../../src/datasets';
import type * as Preprocess from '../../src/datasets/preparation/preprocess';
import { rowsOfJob } from '../../src/datasets/preparation/prepare-table';
import { CONFIG, TestTables, type Cells } from '../datasets/tables';
import { CHROMIUM, openPage } from './browser';
import { penguins, stopAll, testService, type TestService } from './harness';

const MODULE = 'dist/browser/preprocess.js';
const TABLES = 12;
const FILES = 10;
const withBrowser = CHROMIUM === null ? describe.skip : describe;
const tables = new TestTables();

/** What the page has loaded. */
interface Loaded {
  readonly preprocess: Pick<typeof Preprocess, 'prepare' | 'interpret'>;
  readonly tf: {
    loadLayersModel(
      url: string,
    ): Promise<{ predict(x: unknown): { dataSync(): Float32Array }; dispose(): void }>;
    tensor(data: Float32Array | Int32Array, shape: readonly number[], dtype: string): unknown;
  };
}

interface Case {
  readonly fitted: FittedPreparation;
  readonly rows: readonly RowObject[];
  /** Of each input of the network. */
  readonly expected: readonly (readonly number[])[];
}

/** Tables of every kind of column, with cells that are missing, strange or extreme. */
const table = fc
  .record({
    rows: fc.integer({ min: 30, max: 60 }),
    words: fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), {
      minLength: 2,
      maxLength: 9,
    }),
    seed: fc.nat(),
    magnitude: fc.constantFrom(1e-300, 1e-9, 1, 1e7, 1e300),
  })
  .map(({ rows, words, seed, magnitude }): readonly Cells[] =>
    Array.from({ length: rows }, (_, i) => {
      const pick = (k: number): number => ((i + 1) * (k + 7 + (seed % 1009)) * 2654435761) % 4294967296;
      const hole = <T>(k: number, value: T): T | null => (pick(k) % 9 === 0 ? null : value);
      return {
        number: hole(1, (pick(2) / 4294967296 - 0.3) * magnitude),
        tail: hole(3, Math.exp((pick(4) / 4294967296) * 20)),
        word: hole(5, words[pick(6) % words.length] ?? ''),
        __proto: hole(7, ['01', '1', 'constructor'][pick(7) % 3] ?? ''),
        flag: hole(8, pick(8) % 3 === 0),
        when: hole(9, new Date(pick(10) * 700).toISOString()),
        y: pick(11) / 4294967296 + i,
      };
    }),
  );

const config: fc.Arbitrary<Partial<PreparationConfig>> = fc.record({
  scale: fc.constantFrom('standard', 'minmax', 'robust', 'quantile', 'none'),
  longTails: fc.constantFrom('auto', 'none', 'log', 'yeo-johnson'),
  categorical: fc.constantFrom('one-hot', 'ordinal', 'target', 'embedding', 'auto'),
  rareLevels: fc.constantFrom('auto' as const, 0.05, 0.15),
  missing: fc.record({ method: fc.constantFrom('median', 'mean', 'most-frequent'), indicator: fc.boolean() }),
  dates: fc.constantFrom('parts', 'cycles', 'none'),
  enrich: fc.constantFrom('none', 'products', 'powers', 'both'),
  dropRedundant: fc.constantFrom(false as const, 0.9),
  pca: fc.constantFrom(null, 3, 0.9),
});

/** A file of text as a person's tools write it: names and words of any script, quotes, numbers at the edge, gaps. */
const textFile = fc
  .record({
    names: fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { minLength: 4, maxLength: 4 }),
    words: fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 3, maxLength: 12 }),
    labels: fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }), {
      minLength: 2,
      maxLength: 3,
    }),
    numbers: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 4, maxLength: 20 }),
    seed: fc.nat(),
  })
  .map(({ names, words, labels, numbers, seed }): readonly Readonly<Record<string, string>>[] => {
    const [number, word, flag, when] = names.map((name, i) => `${'nwfd'[i] ?? ''} ${name}.`);
    const edges = ['5e-324', '-1.7976931348623157e308', '1E+300', '-0', '0.1', '007', '1e-45', '16777217'];
    const stream = streamOf(seed, 'file');
    const one = (of: readonly string[]): string => of[stream.integer(0, of.length - 1)] ?? '';
    const hole = (gap: string, cell: () => string): string => (stream.uniform() < 0.12 ? gap : cell());
    return Array.from({ length: 60 }, (_, i) => ({
      [number ?? '']: hole('NA', () => one([...edges, ...numbers.map(String)])),
      [word ?? '']: hole('', () => `w${one(words)}.`),
      [flag ?? '']: hole('n/a', () => one(['true', 'false'])),
      [when ?? '']: hole('', () => new Date(stream.integer(-2e9, 4e9) * 1000).toISOString()),
      target: `k${labels[i % labels.length] ?? ''}.`,
    }));
  });

function csvOf(rows: readonly Readonly<Record<string, string>>[]): string {
  const cell = (text: string): string => (/^[\w.+-]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);
  const line = (cells: readonly string[]): string => cells.map(cell).join(',');
  return [line(Object.keys(rows[0] ?? {})), ...rows.map((row) => line(Object.values(row)))].join('\n');
}

/** The held-out rows as the file has them, cell by cell, beside what the service made of the file. */
async function caseOfFile(
  rows: readonly Readonly<Record<string, string>>[],
  settings: Partial<PreparationConfig>,
): Promise<Case> {
  const read = await tables.read(csvOf(rows));
  const job = tables.job(read, 'target');
  const { fitted, parts, width } = await prepareTable(job, { ...CONFIG, ...settings });
  const { validation, test } = await rowsOfJob(read.table, job);
  const own = [...validation, ...test].map((row) => {
    const { target: _, ...cells } = rows[row] ?? {};
    return cells;
  });
  const inputs = [parts.validation, parts.test].flatMap((part) => [...readRows(part.x, width, 0, part.rows)]);
  return { fitted, rows: own, expected: apart(fitted, inputs) };
}

/** Inputs out of rows in which the columns of all stand side by side, as training takes them. */
function apart({ inputs }: FittedPreparation, rows: readonly number[]): readonly (readonly number[])[] {
  const width = inputs.reduce((sum, { features }) => sum + features.length, 0);
  let from = 0;
  return inputs.map(({ features }) => {
    const [start, end] = [from, from + features.length];
    from = end;
    return rows.filter((_, i) => i % width >= start && i % width < end);
  });
}

/** Rows that no table has: unseen levels, absent columns, numbers at the edge. */
const STRANGE: readonly RowObject[] = [
  {},
  { number: 1.7976931348623157e308, tail: -5e-324, word: '🦑 unseen', flag: null, when: '0001-01-01' },
  { number: -1e308, tail: 0, word: '', __proto: '__proto__', flag: 'TRUE', when: '9999-12-31T23:59:59.999Z' },
  { number: 'NaN', tail: '12.5', word: ' n/a ', __proto: 1, flag: 0, when: '2024/2/29 12:30+05:30' },
];

let cases: readonly Case[];

beforeAll(async () => {
  const tablesOfRows = Promise.all(
    fc
      .sample(fc.tuple(table, config), { seed: 11, numRuns: TABLES })
      .map(async ([rows, settings]): Promise<Case> => {
        const { fitted, parts, width } = await tables.prepare(rows, 'y', {
          task: 'regression',
          config: settings,
        });
        const read = await tables.read(rows);
        const stored = await read.table.rows(0, rows.length);
        // Rows of the validation part as the table has prepared them; strange ones as the service does.
        const target = rows.map(({ y }) => Number(y));
        const { validation } = partsOfSplit(
          splitRows({ target, isClasses: false }, tables.job(read, 'y').split),
          0,
        );
        const own = [...validation].map((row) => stored[row] ?? {});
        return {
          fitted,
          rows: [...own, ...STRANGE],
          expected: apart(fitted, [...readRows(parts.validation.x, width, 0, parts.validation.rows)]).map(
            (input, i) => [...input, ...(applyPreparation(fitted, STRANGE).inputs[i]?.data ?? [])],
          ),
        };
      }),
  );
  const files = fc.sample(fc.tuple(textFile, config), { seed: 23, numRuns: FILES });
  cases = [
    ...(await tablesOfRows),
    ...(await Promise.all(files.map(([rows, settings]) => caseOfFile(rows, settings)))),
  ];
}, 60_000);
afterAll(() => tables.close());

describe('the module that applies preprocessing.json', () => {
  it('is small, and imports nothing', () => {
    expect(statSync(MODULE).size).toBeLessThan(10_000);
  });

  it('gives the numbers of the service in another process, for every kind of column and row', async () => {
    const file = join(tables.folder, 'cases.json');
    await writeFile(file, JSON.stringify(cases));
    const script = `
      import { readFileSync } from 'node:fs';
      import { prepare } from ${JSON.stringify(join(process.cwd(), MODULE))};
      const cases = JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8'));
      console.log(JSON.stringify(cases.map(({ fitted, rows }) =>
        prepare(fitted, rows).inputs.map(({ data }) => [...data]))));`;
    const found = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(JSON.parse(found)).toEqual(
      cases.map(({ expected }) => expected.map((input) => input.map((value) => value + 0))),
    );
    expect(cases.flatMap(({ expected }) => expected.flat()).every(Number.isFinite)).toBe(true);
    const embedding = cases.filter(({ fitted }) => fitted.inputs.some(({ dtype }) => dtype === 'int32'));
    expect(embedding.length).toBeGreaterThan(3);
  });
});

withBrowser('in a browser, the module', () => {
  let service: TestService;
  let page: Page;
  let browser: Browser;
  const models = new Map<string, string>();

  beforeAll(async () => {
    service = await testService();
    for (const categorical of ['target', 'embedding']) {
      const { body } = await service.upload('/v1/tune', await penguins(), {
        target: 'Species',
        spec: JSON.stringify({
          preparation: { longTails: 'yeo-johnson', scale: 'quantile', categorical },
          model: { layers: [{ dense: { units: 6, activation: 'tanh' } }] },
          training: { epochs: 3 },
          search: { trials: 1, seed: 4 },
          checks: 'off',
        }),
      });
      const { id } = body['study'] as { id: string };
      await service.call('GET', `/v1/studies/${id}?wait=60`);
      const best = await service.call('GET', `/v1/studies/${id}/best`);
      models.set(categorical, (best.body['model'] as { id: string }).id);
    }
    ({ page, browser } = await openPage(service.address));
    const content = "import * as all from '/preprocess.js'; globalThis.preprocess = all;";
    await page.addScriptTag({ type: 'module', content });
    await page.waitForFunction('globalThis.preprocess');
    for (const name of [
      'tfjs-core/dist/tf-core',
      'tfjs-layers/dist/tf-layers',
      'tfjs-backend-cpu/dist/tf-backend-cpu',
    ]) {
      await page.addScriptTag({ path: `node_modules/@tensorflow/${name}.min.js` });
    }
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await stopAll();
  });

  it('gives the numbers of the service, to float32', async () => {
    const found = await page.evaluate(
      (given) => {
        const { prepare } = (globalThis as never as Loaded).preprocess;
        return given.map(({ fitted, rows }) =>
          prepare(fitted as FittedPreparation, rows).inputs.map(({ data }) => Array.from(data)),
        );
      },
      cases as unknown as { fitted: unknown; rows: RowObject[] }[],
    );
    expect(found).toEqual(cases.map(({ expected }) => expected));
  });

  it.each(['target', 'embedding'])(
    'with plain TensorFlow.js predicts what the service predicts: %s',
    async (categorical) => {
      const model = models.get(categorical) ?? '';
      const rows = [
        {
          Island: 'Biscoe',
          'Beak Length (mm)': 46.1,
          'Beak Depth (mm)': 13.2,
          'Flipper Length (mm)': 211,
          'Body Mass (g)': 4500,
          Sex: 'FEMALE',
        },
        { Island: 'Atlantis', 'Beak Length (mm)': null },
        {},
      ];
      const found = await page.evaluate(
        async ({ given, base }) => {
          const { prepare, interpret } = (globalThis as never as Loaded).preprocess;
          const { tf } = globalThis as never as Loaded;
          const preprocessing = (await (
            await fetch(`${base}/preprocessing.json`)
          ).json()) as FittedPreparation;
          const network = await tf.loadLayersModel(`${base}/model.json`);
          const inputs = prepare(preprocessing, given).inputs.map(({ data, shape, dtype }) =>
            tf.tensor(data, shape, dtype),
          );
          const output = network.predict(inputs).dataSync();
          // Another network of the same names may come.
          network.dispose();
          return interpret(preprocessing, output);
        },
        { given: rows, base: `/v1/models/${model}` },
      );
      const { body } = await service.call('POST', `/v1/models/${model}/predict`, { rows });
      const close = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
          typeof part === 'number' ? Number(part.toFixed(5)) : part,
        );
      expect(close(found)).toEqual(close(body['predictions']));
    },
  );

  it('names the cell that does not fit', async () => {
    const message = await page.evaluate(
      async (base) => {
        const { prepare } = (globalThis as never as Loaded).preprocess;
        try {
          const preprocessing = (await (
            await fetch(`${base}/preprocessing.json`)
          ).json()) as FittedPreparation;
          return prepare(preprocessing, [{ Island: 'Biscoe', 'Body Mass (g)': 'heavy' }]);
        } catch (error) {
          return (error as { errors: unknown }).errors;
        }
      },
      `/v1/models/${models.get('embedding') ?? ''}`,
    );
    expect(message).toEqual([
      { path: 'rows[0].Body Mass (g)', message: '"heavy" must be a number, or null where it is missing' },
    ]);
  });
});
