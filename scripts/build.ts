/** Generates the routes and compiles the service to `dist`; with --if-stale only where sources are newer. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROUTES = 'src/api/generated/routes.ts';
const STAMP = 'dist/.built';

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
      ...['tsconfig.json', 'tsoa.json', 'package.json'].map((file) => statSync(file).mtimeMs),
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

export function build(): void {
  generateRoutes();
  rmSync('dist', { recursive: true, force: true });
  execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  writeFileSync(STAMP, '');
}

if (require.main === module && !(process.argv.includes('--if-stale') && isFresh())) build();
