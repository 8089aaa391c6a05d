import { rm, statfs } from 'node:fs/promises';
import type { Request, RequestHandler } from 'express';
import multer, { type Field } from 'multer';
import { InvalidError, TooLargeError, TuneloomError } from '../core/errors';
import type { ApiContext } from './context';

const FIELD_BYTES = 2 ** 20;
const MOST_PARTS = 20;
/** What a form may have besides its file. */
const OVERHEAD_BYTES = FIELD_BYTES * MOST_PARTS;

/**
 * Reads the forms of uploads: the generated routes take it in place of multer. Size and disk are looked at before the
 * first byte is read, the file goes to disk, and no field is there twice.
 */
export class Forms {
  readonly #context: ApiContext;
  readonly #form: ReturnType<typeof multer>;

  constructor(context: ApiContext) {
    this.#context = context;
    const { maxUploadBytes } = context.settings;
    const limits = { files: 1, fileSize: maxUploadBytes, parts: MOST_PARTS, fieldSize: FIELD_BYTES };
    this.#form = multer({ dest: context.uploadFolder, limits });
  }

  fields(files: readonly Field[]): RequestHandler {
    const read = this.#form.fields(files);
    return (request, response, next) => {
      this.#assertRoom(request).then(() => {
        read(request, response, (error: unknown) => {
          request.files ??= {};
          request.body ??= {};
          if (error !== undefined) next(error);
          else
            assertPlain(request).then(() => {
              next();
            }, next);
        });
      }, next);
    };
  }

  async #assertRoom(request: Request): Promise<void> {
    const { maxUploadBytes, minFreeBytes } = this.#context.settings;
    const length = Number(request.get('content-length') ?? 0);
    if (length > maxUploadBytes + OVERHEAD_BYTES) {
      const message = `the upload has ${String(length)} bytes; MAX_UPLOAD_BYTES allows ${String(maxUploadBytes)}`;
      throw new TooLargeError('upload_too_large', message, { errors: [{ path: 'file', message }] });
    }
    const { bavail, bsize } = await statfs(this.#context.uploadFolder);
    if (bavail * bsize - length < minFreeBytes) {
      const message = 'the disk of DATA_DIR is too full for this upload (MIN_FREE_BYTES)';
      throw new TuneloomError('storageFull', 'storage_full', message);
    }
  }
}

/** A field that comes twice, or as `name[key]`, is no text. */
async function assertPlain(request: Request): Promise<void> {
  const fields = Object.entries(request.body as Record<string, unknown>);
  const errors = fields
    .filter(([, value]) => typeof value !== 'string')
    .map(([path]) => ({ path, message: 'must be there once, as text' }));
  if (errors.length === 0) return;
  for (const file of filesOf(request)) await rm(file.path, { force: true });
  throw new InvalidError('invalid_form', `${errors[0]?.path ?? ''}: must be there once, as text`, { errors });
}

function filesOf({ files }: Request): readonly Express.Multer.File[] {
  return Array.isArray(files) ? files : Object.values(files ?? {}).flat();
}
