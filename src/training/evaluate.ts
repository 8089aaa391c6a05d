import * as tfl from '@tensorflow/tfjs-layers';
import type { EvaluationJob } from '../core/job';
import type { Metrics } from '../core/metrics';
import { loadNetwork } from '../artifacts';
import type { PreparedTable } from '../datasets';
import { candidateEngines } from '../runtime';
import { measure } from './measure';

/** Measures a stored network on one part of the data. @throws TuneloomError where it cannot be loaded */
export async function evaluateNetwork(job: EvaluationJob, data: PreparedTable): Promise<Metrics> {
  const [choice] = await candidateEngines('auto');
  await choice?.engine.activate();
  const network = await loadNetwork(job.network.modelJson, job.network.weights);
  try {
    return measure(withoutProbabilities(network), data.parts[job.part], data, job.config.training.loss);
  } finally {
    network.dispose();
  }
}

/** Metrics are taken from logits: the layer before the `output` activation that export has added. */
function withoutProbabilities(network: tfl.LayersModel): tfl.LayersModel {
  const last = network.layers.at(-1);
  if (last?.name !== 'output') return network;
  return tfl.model({ inputs: network.inputs, outputs: last.input });
}
