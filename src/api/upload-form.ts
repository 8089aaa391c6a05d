import { rm } from 'node:fs/promises';
import type { Request } from 'express';
import { InvalidError, MalformedError } from '../core/errors';
import type { DatasetFormat } from '../core/dataset';
import type { UploadedTable } from '../services';

const FORMATS = ['auto', 'csv', 'tsv', 'json', 'ndjson', 'parquet', 'npz', 'zip'];
const MOST_NAME = 200;

/** The form of an upload, checked; whatever is wrong with it, the file is taken away. */
export async function uploadOf(
  request: Request,
  file: Express.Multer.File | undefined,
  allowed: readonly string[],
): Promise<{ readonly upload: UploadedTable; readonly fields: Readonly<Record<string, string>> }> {
  try {
    if (file === undefined)
      throw wrong(
        'file',
        'the form has no file; send multipart/form-data with the table in the field "file"',
      );
    const fields = (request.body ?? {}) as Record<string, string>;
    for (const name of Object.keys(fields)) {
      if (!allowed.includes(name)) throw wrong(name, `unknown field; there are file, ${allowed.join(', ')}`);
    }
    const { format = 'auto', name } = fields;
    if (!FORMATS.includes(format))
      throw wrong('format', `${JSON.stringify(format)} must be one of ${FORMATS.join(', ')}`);
    if (name !== undefined && (name.length === 0 || name.length > MOST_NAME)) {
      throw wrong('name', `must be a text of 1 to ${String(MOST_NAME)} characters`);
    }
    const upload = {
      path: file.path,
      // Browsers send names in latin-1 clothes; busboy hands them on as they are.
      fileName: Buffer.from(file.originalname, 'latin1').toString('utf8').slice(0, MOST_NAME) || 'upload',
      bytes: file.size,
      name: name ?? null,
      format: format as DatasetFormat | 'auto',
    };
    return { upload, fields };
  } catch (error) {
    if (file !== undefined) await rm(file.path, { force: true });
    throw error;
  }
}

/** The `spec` of POST /v1/tune. */
export function specOf(text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = `is no JSON: ${error instanceof Error ? error.message : String(error)}`;
    throw new MalformedError('invalid_json', `spec: ${message}`, { errors: [{ path: 'spec', message }] });
  }
}

function wrong(path: string, message: string): InvalidError {
  return new InvalidError('invalid_form', `${path}: ${message}`, { errors: [{ path, message }] });
}
