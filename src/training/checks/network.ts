import type { NetworkMeasurements } from '../../core/checks';
import type { CheckJob } from '../../core/job';
import { deriveSeed } from '../../core/random';
import { inputLayout, type PreparedPart, type PreparedTable } from '../../datasets';
import { taskCancelled, type Cancelled } from '../cancelled';
import { rowsOf } from '../fit';
import { measure } from '../measure';
import { buildNetwork, type Network } from '../network';
import { onForwardEngine } from '../on-forward-engine';
import { withTrainer } from '../open-trainer';
import { outputShapeOf } from '../output-shape';
import type { Weights } from '../checkpoint';
import { applyWeights, deadUnits, watchPredictions } from './forward';
import { gradientsOf } from './gradient-norms';

const SEEDS = 5;
const EPOCHS = 15;
/** Epochs after which predictions are looked at; 0 is before the first step. */
const SNAPSHOTS = [0, 1, 2, 3, 5, 8, 12, EPOCHS];
/** Rows of one forward pass of the checks. */
const FORWARD_ROWS = 256;

interface Trained {
  readonly parameters: number;
  readonly epochs: number;
  readonly trained: NetworkMeasurements['trained'];
  readonly snapshots: readonly { readonly epoch: number; readonly weights: Weights }[];
}

/** Trains the study's own network for a few epochs and watches it. @throws TuneloomError where it cannot be built */
export async function measureNetwork(
  job: CheckJob,
  data: PreparedTable,
  chance: number,
  cancelled: Cancelled,
): Promise<NetworkMeasurements> {
  const { snapshots, ...trained } = await train(job, data, cancelled);
  const validation = firstRows(data.parts.validation);
  const [first, last] = [snapshots[0]?.weights ?? [], snapshots.at(-1)?.weights ?? []];
  const watched = await onForwardEngine(async () => {
    const network = await networkOf(job, data, job.seed);
    try {
      return {
        predictions: watchPredictions(network, data, validation, snapshots),
        activations: deadUnits(applyWeights(network, last), data, firstRows(data.parts.train)),
      };
    } finally {
      network.dispose();
    }
  });
  return {
    ...trained,
    initial: await initialLosses(job, data),
    ...watched,
    gradients: [
      await gradientsOf(job, data, { when: 'start', weights: first, chance }),
      ...(trained.trained === null
        ? []
        : [await gradientsOf(job, data, { when: 'end', weights: last, chance })]),
    ],
  };
}

async function train(job: CheckJob, data: PreparedTable, cancelled: Cancelled): Promise<Trained> {
  return withTrainer({ ...job, cancelled }, data, async ({ network, trainer }) => {
    const snapshots = [{ epoch: 0, weights: trainer.weights() }];
    const { parameters } = network;
    const most = Math.min(EPOCHS, job.config.training.epochs);
    for (let epoch = 1; epoch <= most; epoch++) {
      const end = await trainer.epoch(epoch, cancelled);
      if (end.state === 'cancelled') throw taskCancelled();
      if (end.state === 'diverged') return { parameters, epochs: epoch, trained: null, snapshots };
      trainer.observe(true);
      if (SNAPSHOTS.includes(epoch) || epoch === most) snapshots.push({ epoch, weights: trainer.weights() });
    }
    const metrics = await trainer.measure(data.parts.validation, cancelled);
    const train = (await trainer.measure(data.parts.train, cancelled))['loss'] ?? null;
    const validation = metrics['loss'] ?? null;
    const trained = train === null || validation === null ? null : { train, validation, metrics };
    return { parameters, epochs: most, trained, snapshots };
  });
}

/** Of one network a seed, with rows that are the same for all. */
async function initialLosses(job: CheckJob, data: PreparedTable): Promise<(number | null)[]> {
  const rows = firstRows(data.parts.train);
  return onForwardEngine(async () => {
    const losses: (number | null)[] = [];
    for (let i = 0; i < SEEDS; i++) {
      const network = await networkOf(job, data, deriveSeed(job.seed, 'initial', i));
      try {
        losses.push(measure(network.raw, rows, data, job.config.training.loss)['loss'] ?? null);
      } finally {
        network.dispose();
      }
    }
    return losses;
  });
}

function networkOf(job: CheckJob, data: PreparedTable, seed: number): Promise<Network> {
  return buildNetwork(job.config.model, inputLayout(data), outputShapeOf(data.fitted.target), seed);
}

function firstRows(part: PreparedPart): PreparedPart {
  if (part.rows <= FORWARD_ROWS) return part;
  return rowsOf(
    part,
    Uint32Array.from({ length: FORWARD_ROWS }, (_, i) => i),
  );
}
