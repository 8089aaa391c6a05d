import type { JobOutcome, NetworkArtifact, TrialJob, TrialOutcome, TrialStarted } from '../../src/core/job';
import type { JsonObject } from '../../src/core/json';
import { streamOf } from '../../src/core/random';
import type { EpochReport } from '../../src/core/trial';
import { bareInput, type PreparedTable } from '../../src/datasets';
import { runTrial, type TrialHost } from '../../src/training';

export const WIDTH = 4;

/** Two classes that a line divides, with some noise. */
function twoClasses(rows: number): PreparedTable {
  const stream = streamOf(1);
  const part = (count: number): PreparedTable['parts']['train'] => {
    const x = Float32Array.from({ length: count * WIDTH }, () => stream.normal());
    const y = Float32Array.from({ length: count }, (_, i) =>
      Number((x[i * WIDTH] ?? 0) + (x[i * WIDTH + 1] ?? 0) + 0.2 * stream.normal() > 0),
    );
    return { rows: count, x, y };
  };
  return {
    width: WIDTH,
    fitted: {
      format: 'tuneloom-preprocessing',
      version: 3,
      task: 'binary',
      inputs: [bareInput(['a', 'b', 'c', 'd'])],
      target: { kind: 'classes', name: 't', labels: ['no', 'yes'], type: 'categorical', priors: [0.5, 0.5] },
      unused: [],
    },
    parts: { train: part(rows), validation: part(100), test: part(100) },
  };
}

export const DATA = twoClasses(300);
const LAYERS: readonly JsonObject[] = [
  { dense: { units: 8, activation: 'relu' } },
  { dropout: { rate: 0.2 } },
];

export function jobOf(
  more: {
    layers?: readonly JsonObject[];
    learningRate?: number;
    epochs?: number;
    seed?: number;
    engine?: TrialJob['engine'];
    patience?: number;
    training?: Partial<TrialJob['config']['training']>;
  } = {},
): TrialJob {
  return {
    id: 'st/0/1',
    study: 'st',
    trial: 0,
    seed: more.seed ?? 5,
    data: {} as TrialJob['data'],
    config: {
      preparation: {} as TrialJob['config']['preparation'],
      model: { layers: more.layers ?? LAYERS },
      training: {
        optimizer: { name: 'adam', arguments: {} },
        learningRate: more.learningRate ?? 0.02,
        schedule: { name: 'constant' },
        classWeights: 'none',
        labelSmoothing: 0,
        gradientClip: null,
        batchSize: 32,
        epochs: more.epochs ?? 6,
        earlyStopping: more.patience === undefined ? null : { patience: more.patience, minDelta: 0 },
        loss: 'crossentropy',
        ...more.training,
      },
    },
    objective: { metric: 'validation.logLoss', direction: 'minimize' },
    verdicts: null,
    engine: more.engine ?? 'auto',
    device: null,
    isolated: false,
    checkpoint: null,
    checkpointMs: Infinity,
  };
}

export interface Run {
  readonly outcome: JobOutcome;
  readonly curve: readonly EpochReport[];
  readonly started: TrialStarted | null;
}

/** @param more what the host does otherwise */
export async function run(
  job: TrialJob,
  cancelAfter = Infinity,
  more: Partial<TrialHost> = {},
  data: PreparedTable = DATA,
): Promise<Run> {
  const curve: EpochReport[] = [];
  let started: TrialStarted | null = null;
  const outcome = await runTrial(job, data, {
    device: 'cpu',
    started: (details) => {
      started = details;
    },
    report: (report) => {
      curve.push(report);
    },
    verdict: () => Promise.resolve('continue'),
    checkpoint: () => undefined,
    cancelled: () => curve.length >= cancelAfter,
    ...more,
  });
  return { outcome, curve, started };
}

export function completed({
  outcome,
}: Run): Extract<TrialOutcome, { state: 'completed' }> & { network: NetworkArtifact } {
  if (outcome.state !== 'completed' || outcome.network === null) throw new Error(JSON.stringify(outcome));
  return { ...outcome, network: outcome.network };
}
