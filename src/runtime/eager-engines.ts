import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths, version_wasm as wasmVersion } from '@tensorflow/tfjs-backend-wasm';
import { InternalError } from '../core/errors';
import type { EngineStatus } from '../core/job';
import type { EngineName } from '../core/specification';
import type { Engine } from './engine';
import { probeTensorFlow } from './probe';

/** The package is optional: it installs only where its file host can be reached. */
const TENSORFLOW_PACKAGE = '@tensorflow/tfjs-node-gpu';

/** An eager TensorFlow.js backend under the name that TensorFlow.js gives it. */
class EagerEngine implements Engine {
  readonly name: EngineName;
  readonly #version: string;
  readonly #load: () => Promise<void>;
  readonly #unavailable: () => Promise<string | null>;

  constructor(
    name: EngineName,
    version: string,
    load: () => Promise<void>,
    unavailable: () => Promise<string | null> = () => Promise.resolve(null),
  ) {
    this.name = name;
    this.#version = version;
    this.#load = load;
    this.#unavailable = unavailable;
  }

  async status(): Promise<EngineStatus> {
    const reason = await this.#unavailable();
    const available = reason === null;
    return {
      name: this.name,
      version: available ? this.#version : null,
      available,
      reason,
      devices: available ? ['cpu'] : [],
    };
  }

  async activate(): Promise<void> {
    await this.#load();
    // Without its advice on other backends, and without checks that cost time on every operation.
    tf.enableProdMode();
    if (!(await tf.setBackend(this.name))) {
      throw new InternalError('engine_unavailable', `the ${this.name} engine cannot be started`);
    }
    await tf.ready();
  }
}

let wasmPathsSet = false;

function loadWasm(): Promise<void> {
  if (!wasmPathsSet) setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  wasmPathsSet = true;
  return Promise.resolve();
}

function loadTensorFlow(): Promise<void> {
  // It registers its backend with the TensorFlow.js of this thread.
  require(TENSORFLOW_PACKAGE);
  return Promise.resolve();
}

/** Compiled graphs on ONNX Runtime; networks are built, and saved, by TensorFlow.js's own `cpu` backend. */
class CompiledEngine implements Engine {
  readonly name = 'compiled';

  status(): Promise<EngineStatus> {
    const version = versionOf('onnxruntime-node');
    return Promise.resolve({ name: this.name, version, available: true, reason: null, devices: ['cpu'] });
  }

  async activate(): Promise<void> {
    tf.enableProdMode();
    await tf.setBackend('cpu');
    await tf.ready();
  }
}

/** In the order of preference. */
export const engines: readonly Engine[] = [
  new CompiledEngine(),
  new EagerEngine('tensorflow', versionOf(TENSORFLOW_PACKAGE), loadTensorFlow, () =>
    probeTensorFlow(TENSORFLOW_PACKAGE),
  ),
  new EagerEngine('wasm', wasmVersion, loadWasm),
  new EagerEngine('cpu', tf.version_core, () => Promise.resolve()),
];

function versionOf(name: string): string {
  try {
    const described = require(join(name, 'package.json')) as { version: string };
    return described.version;
  } catch {
    return '';
  }
}
