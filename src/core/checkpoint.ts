import { readFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';

/** Grows with every change of what a checkpoint holds: one of another format is not gone on from. */
const FORMAT = 1;

/** The checkpoint cannot be gone on from: the trial has to begin anew. */
export class UnusableCheckpoint extends Error {}

/**
 * @param content numbers, strings, typed arrays, and objects of them
 * @returns bytes that no other trial's checkpoint has
 */
export function encodeCheckpoint(
  { study, trial }: { readonly study: string; readonly trial: number },
  content: object,
): Uint8Array {
  return serialize({ format: FORMAT, study, trial, content });
}

/** @throws UnusableCheckpoint where the file is no checkpoint, or one that another version of the service has written */
export async function readCheckpoint(file: string): Promise<unknown> {
  let read: { readonly format?: unknown; readonly content?: unknown } | null;
  try {
    read = deserialize(await readFile(file)) as typeof read;
  } catch (error) {
    throw new UnusableCheckpoint(`its checkpoint cannot be read: ${String(error)}`);
  }
  if (read?.format !== FORMAT) {
    throw new UnusableCheckpoint('another version of the service has written its checkpoint');
  }
  return read.content;
}
