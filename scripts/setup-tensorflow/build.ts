import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidError } from '../../src/core/errors';
import { PYTHON, TENSORFLOW, TFJS, type Wheel } from './pins';
import { runStep, type Cause, type Tools } from './tools';

/** The code of what fails where an index of packages is out of reach. */
export const NOT_DOWNLOADED = 'not_downloaded';
const WRONG_HASH = 'wrong_hash';
/** What npm and pip write where a file came, and is another than the one that is wanted. */
const REFUSALS = /EINTEGRITY|DO NOT MATCH THE HASHES/;

function causeOfDownload(errors: string): Cause {
  return REFUSALS.test(errors)
    ? { code: WRONG_HASH, hint: 'what was downloaded is not what was expected' }
    : { code: NOT_DOWNLOADED, hint: 'is the index of packages within reach? it says more above' };
}

/** Downloads, checks, unpacks and compiles into `root`, an empty folder. @throws InvalidError naming the step */
export function build(root: string, wheels: readonly Wheel[], tools: Tools): void {
  const downloads = join(root, 'downloads');
  mkdirSync(downloads, { recursive: true });
  console.log(`1/4  ${TFJS.name} ${TFJS.version}: scripts and C++ sources`);
  downloadPackage(downloads);
  console.log(`2/4  TensorFlow ${TENSORFLOW}: ${wheels.map(({ requirement }) => requirement).join(', ')}`);
  downloadWheels(downloads, wheels, tools);
  console.log('3/4  unpacking');
  const archives = readdirSync(downloads).filter((name) => /\.(whl|tgz)$/.test(name));
  const paths = archives.map((name) => join(downloads, name));
  runStep('unpacking', tools.python, [join(__dirname, 'unpack.py'), root, ...paths]);
  rmSync(downloads, { recursive: true });
  console.log('4/4  compiling the addon');
  compile(root, tools);
}

function downloadPackage(folder: string): void {
  const wanted = `${TFJS.name}@${TFJS.version}`;
  runStep(
    `downloading ${wanted}`,
    'npm',
    ['pack', '--loglevel=error', '--pack-destination', folder, wanted],
    causeOfDownload,
  );
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const found = createHash('sha512')
    .update(readFileSync(join(folder, file)))
    .digest('base64');
  if (found !== TFJS.sha512) {
    throw new InvalidError(WRONG_HASH, `${wanted} has the SHA-512 ${found}, and ${TFJS.sha512} was expected`);
  }
}

/** pip refuses a file whose hash is not the one in the list. @throws InvalidError `wrong_hash`, `not_downloaded` */
export function downloadWheels(
  folder: string,
  wheels: readonly Wheel[],
  { python }: Pick<Tools, 'python'>,
): void {
  const list = join(folder, 'wheels.txt');
  writeFileSync(
    list,
    wheels.map(({ requirement, sha256 }) => `${requirement} --hash=sha256:${sha256}\n`).join(''),
  );
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const platforms = ['2_28', '2_27', '2_17', '2_12'].map((libc) => `manylinux_${libc}_${machine}`);
  platforms.push(`manylinux2014_${machine}`, `manylinux2010_${machine}`);
  runStep(
    'downloading TensorFlow',
    python,
    [
      ...['-m', 'pip', 'download', '--no-cache-dir', '--disable-pip-version-check'],
      ...['--no-deps', '--only-binary', ':all:', '--require-hashes', '--retries', '2', '--timeout', '30'],
      ...['--implementation', 'cp', '--python-version', PYTHON],
      ...platforms.flatMap((platform) => ['--platform', platform]),
      ...['--dest', folder, '--requirement', list],
    ],
    causeOfDownload,
  );
}

function compile(root: string, { compiler }: Tools): void {
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) =>
    join(root, 'package', 'binding', name),
  );
  runStep('compiling', compiler, [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w'],
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
    ...['-I', headers, '-I', join(root, 'tensorflow', 'include'), ...sources],
    ...['-L', join(root, 'tensorflow'), '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    // The libraries are found beside the addon, wherever the folder is moved to.
    '-Wl,-rpath,$ORIGIN/tensorflow',
    ...['-o', join(root, 'tfjs_binding.node')],
  ]);
}
