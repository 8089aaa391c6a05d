import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { version_wasm as wasmVersion } from '@tensorflow/tfjs-backend-wasm';
import { InternalError } from '../core/errors';
import type { EngineStatus } from '../core/job';
import type { EngineName } from '../core/specification';
import type { Engine } from './engine';
import { currentSurvey } from './survey';
import { TensorFlowEngine } from './tensorflow';
import { loadWasm } from './wasm';

/** An eager TensorFlow.js backend under the name that TensorFlow.js gives it. */
class EagerEngine implements Engine {
  readonly name: EngineName;
  readonly #version: string;
  readonly #load: () => void;

  constructor(name: EngineName, version: string, load: () => void = () => undefined) {
    this.name = name;
    this.#version = version;
    this.#load = load;
  }

  status(): Promise<EngineStatus> {
    const version = this.#version;
    return Promise.resolve({ name: this.name, version, available: true, reason: null, devices: ['cpu'] });
  }

  async activate(): Promise<void> {
    this.#load();
    // Without its advice on other backends, and without checks that cost time on every operation.
    tf.enableProdMode();
    if (!(await tf.setBackend(this.name))) {
      throw new InternalError('engine_unavailable', `the ${this.name} engine cannot be started`);
    }
    await tf.ready();
  }
}

/** Compiled graphs on ONNX Runtime; networks are built, and saved, by TensorFlow.js's own `cpu` backend. */
class CompiledEngine implements Engine {
  readonly name = 'compiled';

  async status(): Promise<EngineStatus> {
    const version = versionOf('onnxruntime-node');
    const { device, onnxRuntime: reason } = await currentSurvey();
    const available = reason === null;
    return { name: this.name, version, available, reason, devices: available ? [device] : [] };
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
  new TensorFlowEngine(async () => (await currentSurvey()).tensorflow),
  new EagerEngine('wasm', wasmVersion, loadWasm),
  new EagerEngine('cpu', tf.version_core),
];

function versionOf(name: string): string {
  try {
    const described = require(join(name, 'package.json')) as { version: string };
    return described.version;
  } catch {
    return '';
  }
}
