import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../../core/errors';
import type { EngineStatus } from '../../core/job';
import type { Engine } from '../engine';
import { loadTensorFlow } from './load';
import { reportTensorFlow, type TensorFlowReport } from './report';

let known: Promise<TensorFlowReport> | null = null;

/** Tells this thread what its process has found; a thread that is not told looks for itself, on the CPU. */
export function useTensorFlow(report: TensorFlowReport): void {
  known = Promise.resolve(report);
}

/** Eager TensorFlow.js on the TensorFlow library. */
export class TensorFlowEngine implements Engine {
  readonly name = 'tensorflow';

  async status(): Promise<EngineStatus> {
    const { version, devices, reason } = await report();
    return { name: this.name, version, available: reason === null, reason, devices };
  }

  async activate(): Promise<void> {
    const { installation, reason } = await report();
    if (installation === null) throw new InternalError('engine_unavailable', `tensorflow: ${reason ?? ''}`);
    loadTensorFlow(installation);
    tf.enableProdMode();
    await tf.setBackend(this.name);
    await tf.ready();
  }
}

function report(): Promise<TensorFlowReport> {
  known ??= reportTensorFlow('cpu');
  return known;
}
