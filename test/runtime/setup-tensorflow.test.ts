import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPTS = join(__dirname, '..', '..', 'scripts', 'setup-tensorflow');
const PTXAS = 'nvidia/cuda_nvcc/bin/ptxas';
const LIBRARY = 'nvidia/cublas/lib/libcublas.so.12';
const WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, mode in (("${PTXAS}", 0o755), ("${LIBRARY}", 0o644)):
        member = zipfile.ZipInfo(name)
        member.external_attr = (0o100000 | mode) << 16
        wheel.writestr(member, "x")
`;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tuneloom-setup-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const hasPython = spawnSync('python3', ['--version']).status === 0;

(hasPython ? it : it.skip)('unpacks programs of a wheel as programs, and nothing else', () => {
  const wheel = join(folder, 'cuda.whl');
  execFileSync('python3', ['-c', WHEEL, wheel]);
  execFileSync('python3', [join(SCRIPTS, 'unpack.py'), folder, wheel]);
  expect(statSync(join(folder, PTXAS)).mode & 0o111).toBe(0o111);
  expect(statSync(join(folder, LIBRARY)).mode & 0o111).toBe(0);
});

it('ends with a code of its own where tools are missing', () => {
  const env = {
    ...process.env,
    PATH: folder,
    TENSORFLOW_DIR: folder,
    XDG_CACHE_HOME: folder,
    HOME: folder,
  };
  const tsx = join(__dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const { status, stderr } = spawnSync(process.execPath, [tsx, join(SCRIPTS, 'main.ts')], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/missing: Python/);
  expect(status).toBe(69);
});
