import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InternalError } from '../core/errors';
import type { NetworkBytes } from '../core/job';
import { inputsLike, loadRenamed } from './average-networks';

/** One stage of boosting: what it adds to the logits, or to the prepared value, of each output. */
export interface BoostingStage {
  /** What the stage's outputs are multiplied by; folded into their last layers. */
  readonly scale: number;
  /** One network an output, each [rows, 1]. */
  readonly networks: readonly NetworkBytes[];
}

/**
 * A network with its stages as one, made of built-in layers alone. Dispose of it.
 * @param base ends in an `output` activation where it gives probabilities
 */
export async function boostedNetwork(
  base: NetworkBytes,
  stages: readonly BoostingStage[],
): Promise<tfl.LayersModel> {
  const loaded = await loadRenamed(base, 'stage');
  const last = loaded.layers.at(-1);
  if (last === undefined) throw new InternalError('no_network', 'a network without layers cannot be boosted');
  const isProbabilities = last.name.endsWith('output');
  const logits = isProbabilities
    ? tfl.model({ inputs: loaded.inputs, outputs: last.input, name: 'base' })
    : loaded;
  const inputs = inputsLike(loaded);
  const terms = [logits.apply(inputs) as tfl.SymbolicTensor];
  for (const [i, { scale, networks }] of stages.entries()) {
    const parts: tfl.SymbolicTensor[] = [];
    for (const [k, bytes] of networks.entries()) {
      const network = await loadRenamed(bytes, `stage_${String(i)}_${String(k)}`);
      scaleOutput(network, scale);
      parts.push(network.apply(inputs) as tfl.SymbolicTensor);
    }
    const [only] = parts;
    terms.push(
      parts.length === 1 && only !== undefined
        ? only
        : (tfl.layers.concatenate({ name: `stage_${String(i)}` }).apply(parts) as tfl.SymbolicTensor),
    );
  }
  const sum = tfl.layers.add({ name: 'logits' }).apply(terms) as tfl.SymbolicTensor;
  if (!isProbabilities) return tfl.model({ inputs, outputs: sum, name: 'boosted' });
  const { activation } = last.getConfig() as { activation: 'softmax' | 'sigmoid' };
  const output = tfl.layers.activation({ activation, name: 'output' }).apply(sum) as tfl.SymbolicTensor;
  return tfl.model({ inputs, outputs: output, name: 'boosted' });
}

/** Multiplies what the last, linear layer gives. */
function scaleOutput(network: tfl.LayersModel, scale: number): void {
  const last = network.layers.at(-1);
  tf.tidy(() => {
    last?.setWeights(last.getWeights().map((weight) => tf.mul(weight, scale)));
  });
}
