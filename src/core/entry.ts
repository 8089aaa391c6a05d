import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The ES module for browsers that applies `preprocessing.json`. */
export function browserModulePath(): string {
  return childEntry(join(__dirname, '..', 'browser'), 'preprocess');
}

/**
 * The compiled file of a process or thread entry beside the caller: next to it in `dist`, or there too when the
 * caller runs from the TypeScript sources, as tests do.
 */
export function childEntry(folder: string, name: string): string {
  const own = join(folder, `${name}.js`);
  return existsSync(own) ? own : own.replace(`${sep}src${sep}`, `${sep}dist${sep}`);
}
