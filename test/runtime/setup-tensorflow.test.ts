import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../scripts/setup-tensorflow/lock';
import { tensorflowEnvironment } from '../../src/core/tensorflow';
import { findInstallations, MANIFEST, platform } from '../../src/runtime/tensorflow';

const SCRIPTS = join(__dirname, '..', '..', 'scripts', 'setup-tensorflow');
const TSX = join(__dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'cli.mjs');
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
  const { status, stderr } = spawnSync(process.execPath, [TSX, join(SCRIPTS, 'main.ts')], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/missing: Python/);
  expect(status).toBe(69);
});

const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

/** Downloads the pinned wheel from an index of one folder; how the set-up's step ends. */
function download(wheels: string): string {
  const script = `
    import { downloadWheels } from ${JSON.stringify(join(SCRIPTS, 'build'))};
    import { WHEELS } from ${JSON.stringify(join(SCRIPTS, 'pins'))};
    try {
      downloadWheels(${JSON.stringify(folder)}, WHEELS['cpu linux-x64'] ?? [], { python: 'python3' });
    } catch (error) {
      process.stdout.write((error as { code: string }).code);
    }`;
  const env = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels };
  return execFileSync(process.execPath, [TSX, '-e', script], { env, encoding: 'utf8', stdio: 'pipe' });
}

(hasPip ? it : it.skip)('tells a wheel with another hash from one that is out of reach', () => {
  const wheels = join(folder, 'wheels');
  mkdirSync(wheels);
  expect(download(wheels)).toMatch(/not_downloaded$/);
  writeFileSync(join(wheels, 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl'), 'another');
  expect(download(wheels)).toMatch(/wrong_hash$/);
});

describe('the lock of a set-up', () => {
  beforeEach(() => {
    // It says that it waits.
    jest.spyOn(console, 'log').mockReturnValue();
  });

  async function mostAtOnce(): Promise<number> {
    let [now, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
    };
    await Promise.all([0, 1, 2].map(() => withLock(folder, work)));
    return most;
  }

  it('is held by one at a time', async () => {
    expect(await mostAtOnce()).toBe(1);
  });

  it('is kept from other processes, and given by one that is killed to one alone', async () => {
    const script = `
      import { withLock } from ${JSON.stringify(join(SCRIPTS, 'lock'))};
      void withLock(${JSON.stringify(folder)}, async () => {
        process.stdout.write('held');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const file = join(folder, 'hold.ts');
    writeFileSync(file, script);
    const owner = spawn(process.execPath, ['--import', 'tsx', file], { cwd: join(SCRIPTS, '..', '..') });
    await once(owner.stdout, 'data');
    let taken = false;
    const waiting = mostAtOnce().then((most) => {
      taken = true;
      return most;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBe(false);
    owner.kill('SIGKILL');
    expect(await waiting).toBe(1);
  });
});

describe('builds of the set-up', () => {
  function built(name: string, variant: 'cpu' | 'gpu' = 'cpu'): void {
    const root = join(folder, name);
    mkdirSync(join(root, 'nvidia', 'cudnn', 'lib'), { recursive: true });
    const manifest = { variant, tfjs: '4.22.0', tensorflow: '2', platform: platform() };
    writeFileSync(join(root, MANIFEST), JSON.stringify(manifest));
  }

  it('are found newest first, whole ones alone', () => {
    built('cpu-2.9.0-4.22.0');
    built('cpu-2.21.0-4.22.0');
    built('.unfinished-1');
    const found = findInstallations(folder).filter(({ source }) => source === 'built');
    expect(found.map(({ binding }) => binding)).toEqual([
      join(folder, 'cpu-2.21.0-4.22.0', 'tfjs_binding.node'),
      join(folder, 'cpu-2.9.0-4.22.0', 'tfjs_binding.node'),
    ]);
  });

  it('give the newest one’s CUDA libraries before others', () => {
    built('gpu-2.9.0-4.22.0', 'gpu');
    built('gpu-2.21.0-4.22.0', 'gpu');
    built('.unfinished-1', 'gpu');
    const { LD_LIBRARY_PATH } = tensorflowEnvironment('cuda:0', { TENSORFLOW_DIR: folder });
    expect(LD_LIBRARY_PATH).toBe(
      [join(folder, 'gpu-2.21.0-4.22.0'), join(folder, 'gpu-2.9.0-4.22.0')]
        .map((root) => join(root, 'nvidia', 'cudnn', 'lib'))
        .join(':'),
    );
  });
});
