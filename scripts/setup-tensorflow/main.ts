/**
 * `npm run setup:tensorflow [-- --gpu]`: builds TensorFlow's addon for Node against the library in TensorFlow's
 * current wheel, in a folder of the user's cache that `npm ci` does not touch, and takes a training step as proof.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidError, TuneloomError } from '../../src/core/errors';
import { tensorflowFolder } from '../../src/core/tensorflow';
import {
  findInstallations,
  MANIFEST,
  placesIn,
  platform,
  probe,
  type Installation,
  type Manifest,
} from '../../src/runtime/tensorflow';
import { build, NOT_DOWNLOADED } from './build';
import { withLock } from './lock';
import { TENSORFLOW, TFJS, WHEELS } from './pins';
import { findTools } from './tools';

/** Ends with this where tools are missing or packages out of reach, not for what fails with them: tests are skipped then. */
const CANNOT_HERE = 69;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { gpu: { type: 'boolean', default: false } } });
  const variant = values.gpu ? 'gpu' : 'cpu';
  const folder = tensorflowFolder(process.env);
  const vendor = findInstallations(folder).find(({ source }) => source === 'vendor');
  if (vendor !== undefined && (await prove(vendor, values.gpu)) === null) {
    console.log(`The vendor's own binary is installed and works; it is used, and nothing is built.`);
    return;
  }
  await withLock(folder, () => setUp(folder, variant));
}

async function setUp(folder: string, variant: 'cpu' | 'gpu'): Promise<void> {
  const manifest: Manifest = { variant, tfjs: TFJS.version, tensorflow: TENSORFLOW, platform: platform() };
  const root = join(folder, [variant, TENSORFLOW, TFJS.version, platform()].join('-'));
  const installation: Installation = { source: 'built', ...placesIn(root), variant, version: TFJS.version };
  const gpu = variant === 'gpu';
  if ((await prove(installation, gpu)) === null) {
    console.log(`Already built: ${root}`);
    return;
  }
  const wheels = WHEELS[`${variant} ${platform()}`];
  if (wheels === undefined) {
    const there = Object.keys(WHEELS).join(', ');
    throw new InvalidError(
      'unsupported_platform',
      `${variant} on ${platform()} is not built; there are ${there}`,
    );
  }
  const tools = findTools(process.env);
  const unfinished = join(folder, `.unfinished-${String(process.pid)}`);
  mkdirSync(unfinished, { recursive: true });
  try {
    build(unfinished, wheels, tools);
    writeFileSync(join(unfinished, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(root, { recursive: true, force: true });
    renameSync(unfinished, root);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const failure = await prove(installation, gpu);
  if (failure !== null) throw new InvalidError('no_proof', `built in ${root}, but ${failure}`);
  console.log(`Built: ${root}`);
}

/** A training step on the installation: null, or what was wrong. */
async function prove(installation: Installation, gpu: boolean): Promise<string | null> {
  const found = await probe(installation, gpu ? 'cuda:0' : 'cpu');
  if (typeof found === 'string') return found;
  console.log(
    `A training step on TensorFlow ${found.version} gave what it should, on the ${found.gpu ? 'GPU' : 'CPU'}.`,
  );
  if (gpu && !found.gpu)
    console.log('TensorFlow found no GPU here: the build trains on the CPU until there is one.');
  return null;
}

main().catch((error: unknown) => {
  console.error(error instanceof TuneloomError ? error.message : error);
  const isMissing = error instanceof TuneloomError && ['missing_tools', NOT_DOWNLOADED].includes(error.code);
  process.exitCode = isMissing ? CANNOT_HERE : 1;
});
