import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';

export type Write = (bytes: Uint8Array) => Promise<void>;

/** A new file of what `fill` writes, on the disk when it returns. */
export async function writeFileOf(path: string, fill: (write: Write) => Promise<void>): Promise<void> {
  const stream = createWriteStream(path, { flags: 'wx' });
  try {
    await fill((bytes) => put(stream, bytes));
  } catch (error) {
    stream.destroy();
    throw error;
  }
  stream.end();
  await once(stream, 'close');
  await sync(path);
}

export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}

async function put(stream: WriteStream, bytes: Uint8Array): Promise<void> {
  if (!stream.write(bytes)) await once(stream, 'drain');
}
