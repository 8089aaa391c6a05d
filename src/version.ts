import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const described = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
};

/** Version of the running program, from its package description. */
export const version: string = described.version;
