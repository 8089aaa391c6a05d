import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile, DatasetFormat } from '../../core/dataset';
import { InternalError } from '../../core/errors';
import { Archive, type ArchiveEntry } from '../images/archive';
import { readNpz, type ReadImages } from '../images/read-npz';
import { labelTableOf, readZip } from '../images/read-zip';
import { TABLE_VERSION, type TableManifest } from '../table-format';
import { fileError } from './csv-scan';
import { readColumns } from './read-columns';
import { assertRows, columnId, loadTable, RAW_TABLE } from './load';
import { writeFileOf, type Write } from './write-file';
import { writeColumn, writeManifest } from './write-table';

const PIXEL_FILE = '0.bin';
const LABEL_COLUMN = 1;
const FILE_COLUMNS = ['file', 'filename', 'file_name', 'image', 'path', 'name', 'id'];
const LABEL_COLUMNS = ['label', 'class', 'target', 'category', 'y'];
const MOST_TABLE_BYTES = 1 << 28;
const MOST_NAMED = 20;

export interface ImageIngest {
  /** The upload. */
  readonly path: string;
  readonly format: 'npz' | 'zip';
  /** Where the table goes. */
  readonly folder: string;
  /** A folder that DuckDB may read. */
  readonly seen: string;
}

type Column = TableManifest['columns'][number];

/**
 * Reads images and their labels: columns `x` and `y` of an npz; `image` and `label` of a zip, whose labels are the names
 * of the images' folders, or come from its one table.
 */
export async function ingestImages(
  connection: DuckDBConnection,
  { path, format, folder, seen }: ImageIngest,
): Promise<TableManifest> {
  const archive = await Archive.open(path);
  try {
    let read: ReadImages | null = null;
    let areClasses = false;
    const toFile = (fill: (write: Write) => Promise<ReadImages>): Promise<void> =>
      writeFileOf(join(folder, PIXEL_FILE), async (write) => {
        read = await fill(write);
      });
    if (format === 'npz') {
      await toFile((write) => readNpz(archive, write));
    } else {
      const table = labelTableOf(archive);
      areClasses = table === null;
      const labelOf = table === null ? folderOf : await labelsOf(connection, archive, table, seen);
      await toFile((write) => readZip(archive, labelOf, write));
    }
    // Assigned in the closure above, which the compiler does not follow.
    const { shape, rows, distinct, labels } = read as unknown as ReadImages;
    const [imageName, labelName] = format === 'npz' ? ['x', 'y'] : ['image', 'label'];
    const pixels: Column = {
      profile: {
        name: imageName,
        type: 'image',
        missing: 0,
        distinct,
        integral: false,
        levels: null,
        image: shape,
      },
      storage: { kind: 'images', file: PIXEL_FILE, shape },
    };
    const target = areClasses
      ? await writeClasses(folder, labelName, labels)
      : await writeLabels(connection, folder, labelName, labels);
    const manifest = { version: TABLE_VERSION, format, rows, columns: [pixels, target] } as const;
    await writeManifest(folder, manifest);
    return manifest;
  } finally {
    archive.close();
  }
}

/** The folder that an image lies in. @throws InvalidError `invalid_file` where it lies in none */
function folderOf({ name }: ArchiveEntry): string {
  const folder = name.split('/').at(-2)?.trim() ?? '';
  if (folder !== '') return folder;
  throw fileError(
    name,
    'lies in no folder; put the images of each class in a folder of its name, or add a CSV of labels',
  );
}

/** Labels by the images' names: whole, from the table's folder on, or the last part alone where it is the only one. */
async function labelsOf(
  connection: DuckDBConnection,
  archive: Archive,
  table: ArchiveEntry,
  seen: string,
): Promise<(image: ArchiveEntry) => string | null> {
  if (table.bytes > MOST_TABLE_BYTES) throw fileError(table.name, 'is larger than 256 MiB');
  const format: DatasetFormat = /\.tsv$/i.test(table.name) ? 'tsv' : 'csv';
  const path = join(seen, 'labels');
  await writeFile(path, await archive.read(table), { flag: 'wx' });
  const { names, rows } = await loadTable(connection, path, format);
  const [fileAt, labelAt] = columnsOf(table.name, names);
  const result = await connection.runAndReadAll(
    `SELECT ${columnId(fileAt)}, ${columnId(labelAt)} FROM ${RAW_TABLE}`,
  );
  assertRows(rows, result.currentRowCount);
  await connection.run(`DROP VIEW ${RAW_TABLE}`);
  const keys = imageKeys(archive, table.name);
  const labels = new Map<string, string | null>();
  const unknown: string[] = [];
  for (const [file, label] of result.getRows()) {
    const given = typeof file === 'string' ? file.trim() : '';
    const image = keys.get(given) ?? null;
    if (image === null) unknown.push(given);
    else if (labels.has(image)) throw fileError(table.name, `names ${given} twice`);
    else labels.set(image, typeof label === 'string' ? label : null);
  }
  if (unknown.length > 0) {
    const more = unknown.length > MOST_NAMED ? ` and ${String(unknown.length - MOST_NAMED)} more` : '';
    const named = unknown.slice(0, MOST_NAMED).map((name) => JSON.stringify(name));
    throw fileError(table.name, `names images that are not in the zip: ${named.join(', ')}${more}`);
  }
  return ({ name }) => labels.get(name) ?? null;
}

function columnsOf(table: string, names: readonly string[]): readonly [number, number] {
  const find = (known: readonly string[]): number =>
    names.findIndex((name) => known.includes(name.toLowerCase()));
  if (names.length !== 2) {
    throw fileError(
      table,
      `has the columns ${names.join(', ')}; a table of labels has two, the image's name and its label`,
    );
  }
  const label = find(LABEL_COLUMNS);
  const file = find(FILE_COLUMNS);
  if (file >= 0) return [file, 1 - file];
  return label >= 0 ? [1 - label, label] : [0, 1];
}

/** What a table may call each image by; a name that means two images means none. */
function imageKeys(archive: Archive, table: string): ReadonlyMap<string, string | null> {
  const base = table.slice(0, table.lastIndexOf('/') + 1);
  const keys = new Map<string, string | null>();
  for (const { name } of archive.entries) {
    if (name === table) continue;
    const last = name.slice(name.lastIndexOf('/') + 1);
    const inside = name.startsWith(base) ? name.slice(base.length) : name;
    const bare = last.replace(/\.[^.]*$/, '');
    for (const key of new Set([name, inside, last, bare])) keys.set(key, keys.has(key) ? null : name);
  }
  // A whole name is never ambiguous.
  for (const { name } of archive.entries) if (name !== table) keys.set(name, name);
  return keys;
}

/** Names of folders are classes, also where they look like numbers. */
async function writeClasses(
  folder: string,
  name: string,
  labels: readonly (string | null)[],
): Promise<Column> {
  const counts = new Map<string, number>();
  for (const label of labels) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  const levels = [...counts.keys()].sort();
  const codes = new Map(levels.map((level, code) => [level, code]));
  const file = `${String(LABEL_COLUMN)}.bin`;
  await writeFileOf(join(folder, file), (write) =>
    write(new Uint8Array(Int32Array.from(labels, (label) => codes.get(label ?? '') ?? -1).buffer)),
  );
  const profile: ColumnProfile = {
    name,
    type: 'categorical',
    missing: 0,
    distinct: levels.length,
    integral: false,
    levels: [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)),
  };
  return { profile, storage: { kind: 'codes', file, levels } };
}

/** Labels as a column of a table: their type is inferred. */
async function writeLabels(
  connection: DuckDBConnection,
  folder: string,
  name: string,
  labels: readonly (string | null)[],
): Promise<Column> {
  await connection.run(`CREATE TABLE ${RAW_TABLE} (${columnId(0)} VARCHAR)`);
  const appender = await connection.createAppender(RAW_TABLE);
  for (const label of labels) {
    if (label === null) appender.appendNull();
    else appender.appendVarchar(label);
    appender.endRow();
  }
  appender.closeSync();
  const [column] = await readColumns(connection, { names: [name], rows: labels.length, decimalComma: false });
  if (column === undefined) throw new InternalError('no_column', 'the labels gave no column');
  return { profile: column.profile, storage: await writeColumn(connection, folder, LABEL_COLUMN, column) };
}
