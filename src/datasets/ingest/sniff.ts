import { open } from 'node:fs/promises';
import type { DatasetFormat } from '../../core/dataset';
import { InvalidError, NotSupportedError } from '../../core/errors';
import { fileError } from './csv-scan';

const HEAD_BYTES = 4096;
const NOT_BUILT = ['npz', 'zip'];

/**
 * The format of a file, from its content where it is not given.
 * @throws InvalidError `unsupported_format` where it is no table; NotSupportedError for images
 */
export async function sniffFormat(path: string, requested: DatasetFormat | 'auto'): Promise<DatasetFormat> {
  if (NOT_BUILT.includes(requested)) throw notBuilt(requested);
  const head = await readHead(path);
  if (head.length === 0) throw fileError('line 1', 'the file is empty');
  if (requested !== 'auto') return requested;
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  if (head.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') throw notBuilt('zip');
  if (head.includes(0) || looksBinary(head)) {
    const message = 'the format of the file is none of csv, tsv, json, ndjson, parquet';
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

function notBuilt(format: string): NotSupportedError {
  return new NotSupportedError(
    'format',
    `format ${format}: images are not built yet; send a table as csv, tsv, json, ndjson or parquet`,
  );
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
