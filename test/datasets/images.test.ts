import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ColumnProfile, RowObject } from '../../src/core/dataset';
import { ingestFile, openTable } from '../../src/datasets';
import { openDuck } from '../../src/datasets/ingest/duck';
import { ingestImages } from '../../src/datasets/ingest/ingest-images';
import { bars, colourImage, greyPng, npy, npz, zipOf, type Entry } from './image-files';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-images-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  // Nothing is ever written under a name of an archive, and no working folder stays.
  const names = await readdir(folder);
  expect(names.filter((name) => !/^([0-9a-f]{64}-\w+|upload)$/.test(name))).toEqual([]);
});

interface Ingested {
  readonly format: string;
  readonly rows: readonly RowObject[];
  readonly profiles: readonly ColumnProfile[];
}

async function ingest(content: Buffer, format: 'auto' | 'npz' | 'zip' = 'auto'): Promise<Ingested> {
  const path = join(folder, 'upload');
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const table = await ingestFile({ path, format, tablesFolder: folder, sha256 });
  const rows = await (await openTable(join(folder, table.tableKey))).rows(0, table.rows);
  return { format: table.format, rows, profiles: table.profiles };
}

/** The same in this process, for what never leaves it. */
async function refusal(content: Buffer, format: 'npz' | 'zip'): Promise<Error> {
  const work = await mkdtemp(join(tmpdir(), 'tuneloom-work-'));
  try {
    const path = join(work, 'upload');
    await writeFile(path, content);
    const options = { folder: work, temporaryFolder: work, memoryBytes: 1 << 28, threads: 1 };
    const connection = await openDuck(options);
    await ingestImages(connection, { path, format, folder: work, seen: work });
  } catch (error) {
    return error as Error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  throw new Error('the file was taken');
}

async function pixels(cell: unknown): Promise<number[]> {
  return [
    ...(await sharp(Buffer.from(String(cell), 'base64'))
      .toColourspace('b-w')
      .raw()
      .toBuffer()),
  ];
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const X = npy('|u1', [2, 2, 3], bytes(0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255));
const Y = npy('<i8', [2], BigInt64Array.of(7n, 9n));

describe('an npz', () => {
  it('has columns x and y, and rows that predict takes as they are', async () => {
    const { format, rows, profiles } = await ingest(await npz(X, Y));
    expect(format).toBe('npz');
    expect(profiles.map(({ name, type }) => [name, type])).toEqual([
      ['x', 'image'],
      ['y', 'numeric'],
    ]);
    expect(profiles[0]).toMatchObject({
      missing: 0,
      distinct: 2,
      image: { height: 2, width: 3, channels: 1, range: 255 },
    });
    expect(rows.map(({ y }) => y)).toEqual([7, 9]);
    expect(await pixels(rows[0]?.['x'])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await pixels(rows[1]?.['x'])).toEqual([250, 251, 252, 253, 254, 255]);
  });

  it.each<[string, Buffer, readonly number[], number]>([
    ['fractions', npy('<f4', [1, 1, 3], Float32Array.of(0, 0.5, 1)), [0, 128, 255], 1],
    ['doubles up to 255', npy('<f8', [1, 1, 3], Float64Array.of(0, 99.6, 255)), [0, 100, 255], 255],
    ['truth values', npy('|b1', [1, 1, 3], bytes(0, 1, 0)), [0, 255, 0], 1],
    ['integers of eight bytes', npy('<i8', [1, 1, 3], BigInt64Array.of(1n, 2n, 3n)), [1, 2, 3], 255],
  ])('takes pixels as %s', async (_, x, expected, range) => {
    const { rows, profiles } = await ingest(await npz(x, npy('<i4', [1], Int32Array.of(1))));
    expect(await pixels(rows[0]?.['x'])).toEqual(expected);
    expect(profiles[0]?.image?.range).toBe(range);
  });

  it('takes labels as texts, and none for NaN', async () => {
    const texts = npy('<U3', [2, 1], Uint32Array.from([99, 97, 116, 100, 111, 103]));
    expect((await ingest(await npz(X, texts))).rows.map(({ y }) => y)).toEqual(['cat', 'dog']);
    const numbers = npy('<f4', [2], Float32Array.of(1.5, NaN));
    expect((await ingest(await npz(X, numbers))).rows.map(({ y }) => y)).toEqual([1.5, null]);
  });

  it.each<[string, () => Promise<Buffer>, RegExp]>([
    ['Python objects', () => npz(X, npy('|O', [2], bytes(1, 2))), /y\.npy: holds Python objects/],
    [
      'records',
      () => npz(Buffer.from(X.toString('latin1').replace("'|u1'", "[('a','u1')]"), 'latin1'), Y),
      /records/,
    ],
    [
      'an array in Fortran order',
      () => npz(npy('|u1', [2, 2, 3], bytes(...Array<number>(12).fill(1)), { fortran: true }), Y),
      /Fortran/,
    ],
    ['a big-endian array', () => npz(npy('>f4', [2, 1, 1], Float32Array.of(0, 1)), Y), />f4/],
    ['channels first', () => npz(npy('|u1', [2, 3, 5, 5], new Uint8Array(150)), Y), /moveaxis/],
    ['flat rows', () => npz(npy('|u1', [2, 4], bytes(1, 2, 3, 4, 5, 6, 7, 8)), Y), /shape \(2, 4\)/],
    ['fewer bytes than the shape needs', () => npz(npy('|u1', [2, 2, 3], bytes(1, 2)), Y), /its shape needs/],
    ['a shape beyond all memory', () => npz(npy('|u1', [999_999_999, 999, 999], bytes(1)), Y), /x\.npy/],
    ['fewer labels than images', () => npz(X, npy('<i4', [1], Int32Array.of(1))), /1 labels, x has 2/],
    ['one-hot labels', () => npz(X, npy('<i4', [2, 2], Int32Array.of(1, 0, 0, 1))), /argmax/],
    ['pixels below zero', () => npz(npy('<i4', [2, 1, 1], Int32Array.of(-1, 5)), Y), /holds -1/],
    ['pixels that are no number', () => npz(npy('<f4', [2, 1, 1], Float32Array.of(NaN, 1)), Y), /holds NaN/],
    ['no y', () => zipOf([['x.npy', X]]), /y\.npy: is missing/],
    [
      'a third array',
      () =>
        zipOf([
          ['x.npy', X],
          ['y.npy', Y],
          ['z.npy', Y],
        ]),
      /z\.npy/,
    ],
    ['something that is no array', () => npz(Buffer.from('hello'), Y), /is no \.npy array/],
  ])('with %s is refused by name', async (_, make, message) => {
    const error = await refusal(await make(), 'npz');
    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid_file' });
    expect(error.message).toMatch(message);
  });
});

describe('a zip of images', () => {
  it('has a class for each folder, also where its name looks like a number', async () => {
    const entries: Entry[] = [];
    for (const [i, value] of [10, 200, 30, 220].entries()) {
      entries.push([`all/${i % 2 === 0 ? '01' : '1'}/${String(i)}.png`, await greyPng(value)]);
    }
    entries.push(['__MACOSX/all/01/._0.png', Buffer.from('x')], ['all/.DS_Store', Buffer.from('x')]);
    const { format, rows, profiles } = await ingest(await zipOf(entries));
    expect(format).toBe('zip');
    expect(profiles[0]).toMatchObject({
      name: 'image',
      type: 'image',
      image: { height: 8, width: 8, channels: 1 },
    });
    expect(profiles[1]).toMatchObject({ name: 'label', type: 'categorical', distinct: 2 });
    expect(rows.map(({ label }) => label)).toEqual(['01', '1', '01', '1']);
    expect(new Set(await pixels(rows[1]?.['image']))).toEqual(new Set([200]));
  });

  it('takes labels from a table, by whole names, last names, and names without an ending', async () => {
    const table = 'image,label\nimages/a.png,1.5\nb.jpg,2.5\nc,\n';
    const { rows, profiles } = await ingest(
      await zipOf([
        ['labels.csv', Buffer.from(table)],
        ['images/a.png', await greyPng(1)],
        ['images/b.jpg', await colourImage([255, 0, 0], 8, 8, 'jpeg')],
        ['images/c.png', await greyPng(3)],
      ]),
    );
    expect(profiles[1]).toMatchObject({ type: 'numeric', missing: 1 });
    expect(profiles[0]?.image).toMatchObject({ channels: 3 });
    expect(rows.map(({ label }) => label)).toEqual([1.5, 2.5, null]);
  });

  it('brings images of many sizes to the most common one', async () => {
    const { profiles } = await ingest(
      await zipOf([
        ['a/1.png', await greyPng(1, 8, 6)],
        ['a/2.png', await greyPng(2, 8, 6)],
        ['b/3.png', await greyPng(3, 20, 30)],
        ['b/4.jpg', await colourImage([9, 9, 9], 8, 6, 'jpeg')],
      ]),
    );
    expect(profiles[0]?.image).toEqual({ height: 8, width: 6, channels: 3, range: 255 });
  });

  it('names each image that is broken', async () => {
    const good = await colourImage([0, 90, 0], 40, 40, 'jpeg');
    const zip = await zipOf([
      ['a/good.jpg', good],
      ['a/cut.jpg', good.subarray(0, good.length - 60)],
      ['b/text.png', Buffer.from('not an image at all')],
      ['b/svg.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
      ['b/fine.png', await greyPng(4, 40)],
    ]);
    const error = await ingest(zip).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'broken_images', kind: 'invalid' });
    const { errors, message } = error as { errors: { path: string }[]; message: string };
    expect(errors.map(({ path }) => path).sort()).toEqual(['a/cut.jpg', 'b/svg.png', 'b/text.png']);
    expect(message).toContain('3 of 5 images');
  });

  it.each<[string, () => Promise<readonly Entry[]>, RegExp]>([
    ['an image in no folder', async () => [['a.png', await greyPng(1)]], /a\.png: lies in no folder/],
    [
      'no images',
      () => Promise.resolve([['readme.csv', Buffer.from('a,b\n1,2\n')]]),
      /no images|not in the zip/,
    ],
    [
      'a stranger',
      async () => [
        ['a/1.png', await greyPng(1)],
        ['a/x.exe', Buffer.from('MZ')],
      ],
      /a\/x\.exe: is no image/,
    ],
    [
      'two tables',
      async () => [
        ['a.csv', Buffer.from('a,b\n')],
        ['b.csv', Buffer.from('a,b\n')],
        ['1.png', await greyPng(1)],
      ],
      /second table/,
    ],
    [
      'a table that names others',
      async () => [
        ['l.csv', Buffer.from('file,label\nno.png,1\n')],
        ['1.png', await greyPng(1)],
      ],
      /"no\.png"/,
    ],
    [
      'a table with three columns',
      async () => [
        ['l.csv', Buffer.from('file,label,x\n1.png,1,1\n')],
        ['1.png', await greyPng(1)],
      ],
      /has two/,
    ],
  ])('with %s is refused by name', async (_, make, message) => {
    const error = await refusal(await zipOf(await make()), 'zip');
    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid_file' });
    expect(error.message).toMatch(message);
  });
});

describe('a hostile archive', () => {
  it('that is a bomb is refused before it is unpacked', async () => {
    const bomb = npy('|u1', [40, 1024, 1024], new Uint8Array(40 << 20));
    await expect(ingest(await npz(bomb, Y))).rejects.toMatchObject({
      kind: 'tooLarge',
      code: 'archive_too_large',
    });
  });

  it('with an image of too many pixels is refused by the image’s name', async () => {
    // A head that says 60 000 × 60 000, as a bomb would.
    const png = await greyPng(0);
    const head = Buffer.from(png);
    head.writeUInt32BE(60_000, 16);
    head.writeUInt32BE(60_000, 20);
    await expect(
      ingest(
        await zipOf([
          ['a/bomb.png', head],
          ['a/b.png', png],
        ]),
      ),
    ).rejects.toThrow(/a\/bomb\.png/);
  });

  it('with too many entries is refused', async () => {
    const nothing = Buffer.alloc(0);
    const entries = Array.from({ length: 10_001 }, (_, i): Entry => [`a/${String(i)}.png`, nothing]);
    await expect(ingest(await zipOf(entries, false))).rejects.toMatchObject({ code: 'archive_too_large' });
  });

  it('whose names climb out of their folder is refused', async () => {
    const zip = await zipOf([['a/xxxxxxxx.png', await greyPng(1)]]);
    const name = Buffer.from('a/xxxxxxxx.png');
    const evil = Buffer.from('../../../x.png');
    for (let at = zip.indexOf(name); at >= 0; at = zip.indexOf(name, at + 1)) evil.copy(zip, at);
    await expect(ingest(zip)).rejects.toMatchObject({ code: 'invalid_file' });
  });

  it('that ends early, or is none, is refused', async () => {
    const { x, y } = bars(4);
    const whole = await npz(npy('|u1', [4, 8, 8], x), npy('|u1', [4], y));
    await expect(ingest(whole.subarray(0, whole.length - 10))).rejects.toMatchObject({
      code: 'invalid_file',
    });
    await expect(ingest(Buffer.from('PK\x03\x04rubbish'), 'zip')).rejects.toMatchObject({
      code: 'invalid_file',
    });
  });
});
