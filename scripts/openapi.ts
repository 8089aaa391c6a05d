/** Writes the OpenAPI 3.1 document from the controllers; with --check it only compares. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { upgrade } from '@scalar/openapi-upgrader';

const GENERATED = 'openapi/tsoa.json';
const COMMITTED = 'openapi/openapi.json';

execFileSync('npx', ['--no-install', 'tsoa', 'spec'], { stdio: ['ignore', 'ignore', 'inherit'] });
const document = upgrade(JSON.parse(readFileSync(GENERATED, 'utf8')) as Record<string, unknown>, '3.1');
rmSync(GENERATED);
const text = `${JSON.stringify(document, null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(COMMITTED, text);
} else if (text !== readFileSync(COMMITTED, 'utf8')) {
  console.error(`${COMMITTED} is not what the controllers say; run: npm run openapi`);
  process.exitCode = 1;
}
