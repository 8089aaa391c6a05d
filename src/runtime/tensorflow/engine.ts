import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../../core/errors';
import type { EngineStatus } from '../../core/job';
import type { Engine } from '../engine';
import { loadTensorFlow } from './load';
import type { TensorFlowReport } from './report';

/** Eager TensorFlow.js on the TensorFlow library. */
export class TensorFlowEngine implements Engine {
  readonly name = 'tensorflow';
  readonly #report: () => Promise<TensorFlowReport>;

  constructor(report: () => Promise<TensorFlowReport>) {
    this.#report = report;
  }

  async status(): Promise<EngineStatus> {
    const { version, devices, reason } = await this.#report();
    return { name: this.name, version, available: reason === null, reason, devices };
  }

  async activate(): Promise<void> {
    const { installation, reason } = await this.#report();
    if (installation === null) throw new InternalError('engine_unavailable', `tensorflow: ${reason ?? ''}`);
    loadTensorFlow(installation);
    tf.enableProdMode();
    await tf.setBackend(this.name);
    await tf.ready();
  }
}
