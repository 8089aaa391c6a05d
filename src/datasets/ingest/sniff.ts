import { open } from 'node:fs/promises';
import type { DatasetFormat } from '../../core/dataset';
import { InvalidError } from '../../core/errors';
import { Archive } from '../images/archive';
import { fileError } from './csv-scan';

const HEAD_BYTES = 4096;
const ZIP_HEAD = 'PK\u0003\u0004';

/**
 * The format of a file, from its content where it is not given.
 * @throws InvalidError `unsupported_format` where it is neither table nor images
 */
export async function sniffFormat(path: string, requested: DatasetFormat | 'auto'): Promise<DatasetFormat> {
  const head = await readHead(path);
  if (head.length === 0) throw fileError('line 1', 'the file is empty');
  if (requested !== 'auto') return requested;
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  if (head.subarray(0, 4).toString('latin1') === ZIP_HEAD) return archiveFormat(path);
  if (head.includes(0) || looksBinary(head)) {
    const message = 'the format of the file is none of csv, tsv, json, ndjson, parquet, npz, zip';
    throw new InvalidError('unsupported_format', message, { errors: [{ path: 'format', message }] });
  }
  const text = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) return 'ndjson';
  const [first = ''] = text.split(/\r?\n/);
  return first.includes('\t') && !first.includes(',') && !first.includes(';') ? 'tsv' : 'csv';
}

function looksBinary(head: Buffer): boolean {
  const control = head.filter((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return control.length > 0;
}

/** An npz is a zip of arrays. */
async function archiveFormat(path: string): Promise<'npz' | 'zip'> {
  const archive = await Archive.open(path);
  archive.close();
  const { entries } = archive;
  return entries.length > 0 && entries.every(({ name }) => name.endsWith('.npy')) ? 'npz' : 'zip';
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
