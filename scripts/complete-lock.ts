/**
 * Adds to package-lock.json the platform packages that npm has left out because its registry did not serve them:
 * without them `npm ci` refuses the lock. Run after every `npm install`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  readonly version: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
  'wasm32',
];
const PROCESSORS = [
  'arm64',
  'x64',
  'ia32',
  'arm',
  'ppc64',
  's390x',
  'riscv64',
  'loong64',
  'mips64el',
  'wasm32',
];

const FILE = 'package-lock.json';
const lock = JSON.parse(readFileSync(FILE, 'utf8')) as { packages: Record<string, LockedPackage> };
let added = 0;
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`;
    const parts = name.split(/[/-]/);
    const os = SYSTEMS.find((system) => parts.includes(system));
    // Only packages that are told apart by their platform; others are missing for a reason.
    if (lock.packages[place] !== undefined || os === undefined) continue;
    const cpu = PROCESSORS.find((processor) => parts.includes(processor)) ?? 'x64';
    lock.packages[place] = { version, optional: true, os: [os], cpu: [cpu] };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${String(added)} platform packages added to ${FILE}`);
