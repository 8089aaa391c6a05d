import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { compileFunction } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of all kernels.
import '@tensorflow/tfjs-layers';
import type { Installation } from './installation';

interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

export interface LoadedTensorFlow {
  /** Of the TensorFlow library, such as `2.21.0`. */
  readonly version: string;
  readonly gpu: boolean;
  /** Tensors that are held natively by this thread. */
  tensors(): number;
}

type BackendClass = new (binding: Binding, packageName: string) => tf.KernelBackend;

let loaded: LoadedTensorFlow | null = null;

/** Registers backend and kernels `tensorflow` with the TensorFlow.js of this thread, once. */
export function loadTensorFlow({ scripts, binding }: Installation): LoadedTensorFlow {
  loaded ??= load(scripts, binding);
  return loaded;
}

function load(scripts: string, bindingPath: string): LoadedTensorFlow {
  const binding = require(bindingPath) as Binding;
  const modules = new PackageModules({
    '@tensorflow/tfjs': tf,
    '@tensorflow/tfjs-core': tf,
    util: { ...util, isArray: Array.isArray, isNullOrUndefined },
    // TensorBoard's messages, which need a package of their own; training writes none.
    './proto/api_pb': {},
  });
  addMethods();
  modules.load(join(scripts, 'register_all_kernels.js'));
  const { NodeJSKernelBackend } = modules.load(join(scripts, 'nodejs_kernel_backend.js')) as {
    NodeJSKernelBackend: BackendClass;
  };
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 0);
  return {
    version: binding.TF_Version,
    gpu: binding.isUsingGpuDevice(),
    tensors: () => binding.getNumOfTensors(),
  };
}

/** Some kernels (PReLU, arg max, exp) call these on tensors, where only the whole of TensorFlow.js puts them. */
function addMethods(): void {
  const methods = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const binary = { add: tf.add, sub: tf.sub, mul: tf.mul };
  for (const [name, operation] of Object.entries(binary)) {
    methods[name] ??= function (this: tf.Tensor, other: tf.TensorLike) {
      return operation(this, other);
    };
  }
  for (const [name, type] of [['toFloat', 'float32'] as const, ['toInt', 'int32'] as const]) {
    methods[name] ??= function (this: tf.Tensor) {
      return tf.cast(this, type);
    };
  }
}

function isNullOrUndefined(value: unknown): boolean {
  return value === null || value === undefined;
}

/**
 * CommonJS modules of the package, with the mends that they need: the TensorFlow.js of the service in place of the
 * whole of `@tensorflow/tfjs`, and what Node 23 has taken out of `util`. Nothing is edited on the disk, and nothing
 * else in the process sees the mends.
 */
class PackageModules {
  readonly #given: ReadonlyMap<string, unknown>;
  readonly #loaded = new Map<string, { exports: unknown }>();

  constructor(given: Readonly<Record<string, unknown>>) {
    this.#given = new Map(Object.entries(given));
  }

  load(file: string): unknown {
    const known = this.#loaded.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    // Before it runs: modules may require each other.
    this.#loaded.set(file, module);
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const body = compileFunction(readFileSync(file, 'utf8'), names, { filename: file });
    const folder = dirname(file);
    body.call(
      module.exports,
      module.exports,
      (name: string) => this.#require(name, folder),
      module,
      file,
      folder,
    );
    return module.exports;
  }

  #require(name: string, folder: string): unknown {
    if (this.#given.has(name)) return this.#given.get(name);
    return name.startsWith('.') ? this.load(join(folder, `${name}.js`)) : (require(name) as unknown);
  }
}
