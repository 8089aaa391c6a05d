import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildFolders } from '../../core/tensorflow';

/** TensorFlow's addon for Node, found on this machine; whether it loads is another question. */
export interface Installation {
  /** Made by `npm run setup:tensorflow`, or the package with the vendor's own binary. */
  readonly source: 'built' | 'vendor';
  readonly variant: 'cpu' | 'gpu';
  /** Folder of the package's JavaScript. */
  readonly scripts: string;
  /** The addon. */
  readonly binding: string;
  /** Of the package. */
  readonly version: string;
}

/** Name of the file that is written when a build is whole. */
export const MANIFEST = 'manifest.json';

export interface Manifest {
  readonly variant: 'cpu' | 'gpu';
  readonly tfjs: string;
  readonly tensorflow: string;
  readonly platform: string;
}

const VENDOR_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * What is there, best first: the package of the vendor where somebody has installed it with its binary, then what was
 * built in `folder`, with CUDA before without, for a build with CUDA also trains on the CPU, and the newest first.
 */
export function findInstallations(folder: string): readonly Installation[] {
  const builds = buildsIn(folder);
  const withCuda = builds.filter(({ variant }) => variant === 'gpu');
  const without = builds.filter(({ variant }) => variant === 'cpu');
  return [...findVendors(), ...withCuda, ...without];
}

function buildsIn(folder: string): readonly Installation[] {
  return buildFolders(folder).flatMap((root) => {
    const manifest = manifestOf(root);
    if (manifest?.platform !== platform()) return [];
    return [{ source: 'built', ...placesIn(root), variant: manifest.variant, version: manifest.tfjs }];
  });
}

/** Where a build keeps its parts. */
export function placesIn(root: string): Pick<Installation, 'scripts' | 'binding'> {
  return { scripts: join(root, 'package', 'dist'), binding: join(root, 'tfjs_binding.node') };
}

export function platform(): string {
  return `${process.platform}-${process.arch}`;
}

function manifestOf(root: string): Manifest | null {
  try {
    // Written by the set-up.
    return JSON.parse(readFileSync(join(root, MANIFEST), 'utf8')) as Manifest;
  } catch {
    return null;
  }
}

function findVendors(): readonly Installation[] {
  return VENDOR_PACKAGES.flatMap((name): readonly Installation[] => {
    try {
      const described = require.resolve(`${name}/package.json`);
      const root = dirname(described);
      const binding = join(root, 'lib', 'napi-v8', 'tfjs_binding.node');
      if (!existsSync(binding)) return [];
      const { version } = JSON.parse(readFileSync(described, 'utf8')) as { version: string };
      const variant = name.endsWith('-gpu') ? 'gpu' : 'cpu';
      return [{ source: 'vendor', variant, scripts: join(root, 'dist'), binding, version }];
    } catch {
      // Not installed.
      return [];
    }
  });
}
