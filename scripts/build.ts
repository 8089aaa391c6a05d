/** Generates the routes and compiles the service to `dist`; with --if-stale only where sources are newer. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';

const ROUTES = 'src/api/generated/routes.ts';
const STAMP = 'dist/.built';
const PREPROCESS = 'src/datasets/preparation/preprocess.ts';

function newest(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('generated'))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

function isFresh(): boolean {
  try {
    const sources = Math.max(
      newest('src'),
      ...['scripts/build.ts', 'tsconfig.json', 'tsoa.json', 'package.json'].map(
        (file) => statSync(file).mtimeMs,
      ),
    );
    return statSync(STAMP).mtimeMs > sources;
  } catch {
    return false;
  }
}

export function generateRoutes(): void {
  execFileSync('npx', ['--no-install', 'tsoa', 'routes'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const text = readFileSync(ROUTES, 'utf8');
  // The generator writes `undefined` where exactOptionalPropertyTypes wants the property left out.
  if (!text.startsWith('// @ts-nocheck')) writeFileSync(ROUTES, `// @ts-nocheck\n${text}`);
}

/** The file that applies preprocessing.json as an ES module for browsers: it imports nothing but types. */
function buildBrowserModule(): void {
  const { code } = transformSync(readFileSync(PREPROCESS, 'utf8'), {
    jsc: {
      parser: { syntax: 'typescript' },
      target: 'es2022',
      minify: { compress: true, mangle: true },
    },
    module: { type: 'es6' },
    minify: true,
  });
  if (/\bimport\b/.test(code)) throw new TypeError(`${PREPROCESS} must import types only`);
  mkdirSync('dist/browser');
  const note = '// Applies preprocessing.json before model.predict; see docs/preprocessing.md of Tuneloom.\n';
  writeFileSync('dist/browser/preprocess.js', note + code);
  writeFileSync('dist/browser/package.json', JSON.stringify({ type: 'module' }));
}

export function build(): void {
  generateRoutes();
  rmSync('dist', { recursive: true, force: true });
  execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  buildBrowserModule();
  writeFileSync(STAMP, '');
}

if (require.main === module && !(process.argv.includes('--if-stale') && isFresh())) build();
