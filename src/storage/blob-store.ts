import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, open, readFile, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NotFoundError } from '../core/errors';
import type { BlobStore } from '../core/storage';

const TEMPORARY = '.part';

/**
 * Content-addressed files below `folder`, two characters of the hash a subfolder. What a crash left half-written
 * is taken away at the start.
 */
export async function openBlobStore(folder: string): Promise<BlobStore> {
  await mkdir(folder, { recursive: true });
  for (const part of await readdir(folder)) {
    for (const name of await readdir(join(folder, part))) {
      if (name.endsWith(TEMPORARY)) await rm(join(folder, part, name), { force: true });
    }
  }
  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);
  return {
    put: async (bytes) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const path = pathOf(sha256);
      if (await exists(path)) {
        // A sweep spares what was written within the hour: this is as good as written now.
        const now = new Date();
        await utimes(path, now, now);
        return sha256;
      }
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${randomBytes(6).toString('hex')}${TEMPORARY}`;
      try {
        await writeSynced(temporary, bytes);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(dirname(path));
      return sha256;
    },
    get: async (sha256) => {
      try {
        return await readFile(pathOf(sha256));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        throw new NotFoundError('blob_not_found', `there is no blob ${sha256}`);
      }
    },
    path: pathOf,
    delete: (sha256) => rm(pathOf(sha256), { force: true }),
    sweep: async (olderThanMs, isUsed) => {
      let swept = 0;
      for (const part of await readdir(folder)) {
        for (const name of await readdir(join(folder, part))) {
          const path = join(folder, part, name);
          if (isUsed(name) || Date.now() - (await stat(path)).mtimeMs < olderThanMs) continue;
          await rm(path, { force: true });
          swept += 1;
        }
      }
      return swept;
    },
  };
}

/** Bytes that a process of this user can still write to the folder's disk. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
