/** Types, lint, import rules, formatting, OpenAPI drift: all of them, whatever fails. */
import { spawnSync } from 'node:child_process';
import { generateRoutes } from './build';

const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['tsc', '--noEmit', '-p', '.']],
  ['lint', ['eslint', '.', '--max-warnings', '0']],
  ['import rules', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs']],
  ['formatting', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['OpenAPI', ['tsx', 'scripts/openapi.ts', '--check']],
];

generateRoutes();
const failed = CHECKS.filter(([name, command]) => {
  console.log(`— ${name}`);
  return spawnSync('npx', ['--no-install', ...command], { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(`failed: ${failed.map(([name]) => name).join(', ')}`);
  process.exitCode = 1;
}
