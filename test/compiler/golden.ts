import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Compares a text with the file of this name in `golden/`; with UPDATE_GOLDEN=1 writes it instead, to be looked at. */
export function expectGolden(name: string, text: string): void {
  const path = join(__dirname, 'golden', name);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
