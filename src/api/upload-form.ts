import { rm } from 'node:fs/promises';
import type { Request } from 'express';
import { InvalidError } from '../core/errors';
import { isJsonObject } from '../core/json';
import type { DatasetFormat } from '../core/dataset';
import type { UploadedTable } from '../services';
import { isDeeper, MOST_NESTING } from './guards';
import { jsonErrorAt } from './json-position';

const FORMATS = ['auto', 'csv', 'tsv', 'json', 'ndjson', 'parquet', 'npz', 'zip'];
const MOST_NAME = 200;

export type FormFields = Readonly<Record<string, string>>;

/** Hands the checked form of an upload to `work`; however that ends, the file is taken away. */
export async function withUpload<T>(
  request: Request,
  file: Express.Multer.File | undefined,
  allowed: readonly string[],
  work: (upload: UploadedTable, fields: FormFields) => Promise<T>,
): Promise<T> {
  try {
    const fields = { ...(request.body as FormFields) };
    return await work(uploadOf(file, fields, allowed), fields);
  } finally {
    if (file !== undefined) await rm(file.path, { force: true });
  }
}

function uploadOf(
  file: Express.Multer.File | undefined,
  fields: FormFields,
  allowed: readonly string[],
): UploadedTable {
  if (file === undefined) {
    throw wrong('file', 'the form has no file; send multipart/form-data with the table in the field "file"');
  }
  for (const name of Object.keys(fields)) {
    if (!allowed.includes(name)) throw wrong(name, `unknown field; there are file, ${allowed.join(', ')}`);
  }
  const { format = 'auto', name } = fields;
  if (!FORMATS.includes(format)) {
    throw wrong('format', `${JSON.stringify(format)} must be one of ${FORMATS.join(', ')}`);
  }
  if (name !== undefined && (name.length === 0 || name.length > MOST_NAME)) {
    throw wrong('name', `must be a text of 1 to ${String(MOST_NAME)} characters`);
  }
  return {
    path: file.path,
    // Browsers send names in latin-1 clothes; busboy hands them on as they are.
    fileName: Buffer.from(file.originalname, 'latin1').toString('utf8').slice(0, MOST_NAME) || 'upload',
    bytes: file.size,
    name: name ?? null,
    format: format as DatasetFormat | 'auto',
  };
}

/** The study of POST /v1/tune: `spec` has any of its fields, `target` may be given there or in the form. */
export function studyOf({ target, spec }: FormFields): { readonly target: string; readonly spec: unknown } {
  const parsed = spec === undefined || spec.trim() === '' ? null : specOf(spec);
  if (!isJsonObject(parsed)) return { target: target ?? '', spec: parsed };
  if ('dataset' in parsed)
    throw wrong('spec.dataset', 'the dataset is the uploaded file; leave this field out');
  const inside = parsed['target'];
  if (target !== undefined && inside !== undefined && inside !== target) {
    throw wrong('spec.target', 'differs from the form’s target; give it once');
  }
  return { target: target ?? (typeof inside === 'string' ? inside : ''), spec: parsed };
}

function specOf(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text) as unknown;
  } catch {
    throw wrong('spec', `is no JSON: ${jsonErrorAt(text)}`);
  }
  if (isDeeper(parsed, MOST_NESTING)) throw wrong('spec', `is nested more than ${String(MOST_NESTING)} deep`);
  return parsed;
}

function wrong(path: string, message: string): InvalidError {
  return new InvalidError('invalid_form', `${path}: ${message}`, { errors: [{ path, message }] });
}
