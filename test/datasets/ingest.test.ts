import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetFormat, RowObject } from '../../src/core/dataset';
import { ingestFile, openTable, type IngestedTable } from '../../src/datasets';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-ingest-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ingest(
  content: string | Buffer,
  format: DatasetFormat | 'auto' = 'auto',
  memoryBytes?: number,
): Promise<IngestedTable> {
  const path = join(folder, 'upload');
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return ingestFile({
    path,
    format,
    tablesFolder: folder,
    sha256,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  });
}

async function rowsOf(
  content: string | Buffer,
  format: DatasetFormat | 'auto' = 'auto',
): Promise<readonly RowObject[]> {
  const { tableKey, rows } = await ingest(content, format);
  return (await openTable(join(folder, tableKey))).rows(0, rows);
}

describe('reading a file', () => {
  it.each<[string, string | Buffer, readonly object[]]>([
    [
      'quoted commas, quotes and newlines',
      'a,b\n"1,5","x ""y""\nz"\n"2","w"\n',
      [
        { a: '1,5', b: 'x "y"\nz' },
        { a: '2', b: 'w' },
      ],
    ],
    ['a byte-order mark', '\uFEFFa,b\n1,2\n', [{ a: 1, b: 2 }]],
    [
      'CRLF',
      'a,b\r\n1,2\r\n3,4\r\n',
      [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
    ],
    [
      'semicolons with decimal commas',
      'a;b\n1,5;x\n2,25;y\n',
      [
        { a: 1.5, b: 'x' },
        { a: 2.25, b: 'y' },
      ],
    ],
    [
      'tabs',
      'a\tb\n1\tx\n2\ty\n',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    [
      'words for missing values',
      'a,b\n1,NA\n,null\nn/a,x\n',
      [
        { a: 1, b: null },
        { a: null, b: null },
        { a: null, b: 'x' },
      ],
    ],
    [
      'numbers with spaces around and inside',
      'a;b\n 1 ;1 234\n2.5;56\n',
      [
        { a: 1, b: 1234 },
        { a: 2.5, b: 56 },
      ],
    ],
    ['a column of numbers and words', 'a\n1\ntwo\n3\n', [{ a: '1' }, { a: 'two' }, { a: '3' }]],
    ['codes with leading zeros', 'a\n01\n1\n', [{ a: '01' }, { a: '1' }]],
    ['header names that are empty or twice there', 'a,a,\n1,2,3\n', [{ a: 1, a_2: 2, column_3: 3 }]],
    ['one column', 'a\n1\n2\n', [{ a: 1 }, { a: 2 }]],
    [
      'booleans and dates',
      'a,b\nyes,2024-01-02\nno,2024-03-04 05:06\n',
      [
        { a: true, b: '2024-01-02T00:00:00.000Z' },
        { a: false, b: '2024-03-04T05:06:00.000Z' },
      ],
    ],
    [
      'dates without seconds, with a zone or none',
      'a\n2024-01-02T03:04Z\n2024/1/2 03:04\n2024-01-02T05:04:00+02:00\n',
      Array.from({ length: 3 }, () => ({ a: '2024-01-02T03:04:00.000Z' })),
    ],
    [
      'thousands apart by narrow and unbreakable spaces',
      'a\n1\u00A0234.5\n12\u202F345\n1\u2009234\u2009567\n',
      [{ a: 1234.5 }, { a: 12_345 }, { a: 1_234_567 }],
    ],
    ['numbers beyond any double', 'a\n1e999\n1\n', [{ a: '1e999' }, { a: '1' }]],
    ['no newline at the end', 'a,b\n1,2', [{ a: 1, b: 2 }]],
    [
      'JSON with keys left out',
      '[{"a": 1, "b": "x"}, {"b": "y"}, {"a": 2.5}]',
      [
        { a: 1, b: 'x' },
        { a: null, b: 'y' },
        { a: 2.5, b: null },
      ],
    ],
    ['lines of JSON', '{"a": 1}\n{"a": 2}\n', [{ a: 1 }, { a: 2 }]],
    ['names with meaning to JavaScript', 'constructor,toString\n1,2\n', [{ constructor: 1, toString: 2 }]],
    [
      'names with meaning to SQL',
      '"a""b",c\'; DROP TABLE raw_table; --\n1,2\n',
      [{ 'a"b': 1, "c'; DROP TABLE raw_table; --": 2 }],
    ],
  ])('%s', async (_, content, rows) => {
    expect(JSON.parse(JSON.stringify(await rowsOf(content)))).toEqual(JSON.parse(JSON.stringify(rows)));
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['a row that is too long', 'a,b\n1,2\n"x\ny",2\n1,2,3\n', /line 5: has 3 fields, the header has 2/],
    ['a row that is too short', 'a,b\n1,2\n3\n', /line 3: has 1 fields, the header has 2/],
    ['a header without rows', 'a,b\n', /no rows/],
    ['an empty file', '', /empty/],
    ['a quote that is never closed', 'a,b\n"1,2\n3,4\n', /line 2: a quote is opened/],
    ['text after a closing quote', 'a,b\n"1"x,2\n', /line 2: text follows/],
    ['an empty line between rows', 'a,b\n1,2\n\n3,4\n', /line 3: is empty/],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]), /not UTF-8/],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]), /none of csv/],
    ['an archive that breaks off', Buffer.from('PK\u0003\u0004rest'), /no readable zip/],
    ['JSON with lists', '[{"a": [1]}]', /column "a" has an object or a list in row 1/],
    ['JSON that breaks off', '[{"a": 1}, {', /no readable json/],
  ])('%s is refused with the place', async (_, content, message) => {
    await expect(ingest(content)).rejects.toThrow(message);
    // Nothing half-written stays behind.
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('shares one table between equal files', async () => {
    const [first, second] = [await ingest('a\n1\n2\n'), await ingest('a\n1\n2\n')];
    expect(first).toEqual(second);
  });

  it('reads columns whose later rows are not what the first 20 000 are', async () => {
    const first = Array.from({ length: 20_000 }, (_, i) => `${String(i)},,yes,${String(i % 7)},2024-01-02`);
    const rows = await rowsOf(
      `number,late,flag,level,date\n${[...first, '0.5,7,maybe,,soon', ',8,no,x,2024-01-03'].join('\n')}\n`,
    );
    expect([rows[0], ...rows.slice(-2)]).toEqual([
      { number: 0, late: null, flag: 'yes', level: '0', date: '2024-01-02' },
      { number: 0.5, late: 7, flag: 'maybe', level: null, date: 'soon' },
      { number: null, late: 8, flag: 'no', level: 'x', date: '2024-01-03' },
    ]);
  });

  it('reads a table of more columns than one statement takes', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `column ${String(i)}`);
    const line = (add: number): string => names.map((_, i) => String(i + add)).join(',');
    const [, second] = await rowsOf(`${names.join(',')}\n${line(0)}\n${line(0.5)}\n`);
    expect(second).toEqual(Object.fromEntries(names.map((name, i) => [name, i + 0.5])));
  });

  it('reads a table whose columns do not fit in memory together in groups of them', async () => {
    const [rows, columns] = [16_000, 300];
    const line = (row: number): string =>
      Array.from({ length: columns }, (_, i) => String((31 * row + 7 * i) % 97)).join(',');
    const header = Array.from({ length: columns }, (_, i) => `c${String(i)}`).join(',');
    const content = `${[header, ...Array.from({ length: rows }, (_, row) => line(row))].join('\n')}\n`;
    const read = await ingest(content, 'csv', 96 * 2 ** 20);
    expect(read).toMatchObject({ rows });
    const [last] = await (await openTable(join(folder, read.tableKey))).rows(rows - 1, rows);
    expect(Object.values(last ?? {}).map(String)).toEqual(line(rows - 1).split(','));
  }, 120_000);

  it('finds what is wrong with a file wherever its chunks end', async () => {
    // A chunk of the scan has a megabyte: characters, quotes and lines lie across its end.
    const long = 'é'.repeat((1 << 19) - 3);
    const before = `a,b\n"${long}","x ""y""\nz"\n1,`;
    expect((await rowsOf(`${before}2\n`)).at(0)).toEqual({ a: long, b: 'x "y"\nz' });
    await expect(ingest(`${before}2,3\n`)).rejects.toThrow(/line 4: has 3 fields/);
  });

  it('tells categories from prose by their number', async () => {
    const lines = Array.from({ length: 120 }, (_, i) => `word ${String(i)},${i % 2 === 0 ? 'red' : 'blue'}`);
    const { profiles } = await ingest(`text,colour\n${lines.join('\n')}\n`);
    expect(profiles.map(({ type, distinct }) => [type, distinct])).toEqual([
      ['text', 120],
      ['categorical', 2],
    ]);
  });
});
