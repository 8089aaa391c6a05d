import type { Baseline, CapacityStep } from '../../core/checks';
import { TuneloomError } from '../../core/errors';
import type { BaselineJob, CheckJob, FitJob, FitResult } from '../../core/job';
import type { PreparedTable } from '../../datasets';
import type { Cancelled } from '../cancelled';
import { chanceMetrics } from '../chance';
import { fitNetwork } from '../fit';
import { denseModel, plainTraining } from './prototype';

const EPOCHS = 30;
const PATIENCE = 5;
const LEARNING_RATE = 0.01;
const BATCH = 32;

/** From the smallest to the largest. */
export const LADDER: readonly { readonly name: string; readonly widths: readonly number[] }[] = [
  { name: 'linear', widths: [] },
  { name: 'small network', widths: [16] },
  { name: 'larger network', widths: [64, 64] },
];

/** Networks of growing capacity, and what they and knowing nothing reach on the validation rows. */
export async function measureCapacity(
  job: CheckJob,
  data: PreparedTable,
  cancelled: Cancelled,
): Promise<{ readonly steps: readonly CapacityStep[]; readonly baselines: readonly Baseline[] }> {
  const steps: CapacityStep[] = [];
  const baselines: Baseline[] = [knowingNothing(job, data)];
  for (const { name, widths } of LADDER) {
    const fitted = await fitBaseline(job, data, widths, cancelled);
    steps.push({
      name,
      parameters: fitted?.network?.parameters ?? 0,
      train: fitted === null ? null : Math.min(...fitted.curve.map(({ train }) => train['loss'] ?? Infinity)),
      validation: fitted?.metrics.validation?.['loss'] ?? null,
    });
    const metrics = fitted?.metrics.validation ?? null;
    if (metrics !== null && widths.length < 2) baselines.push({ name: nameOfBaseline(name, data), metrics });
  }
  return { steps, baselines };
}

/** A linear model of classes is a logistic one. */
export function nameOfBaseline(name: string, { fitted }: PreparedTable): string {
  return name === 'linear' && fitted.target.kind === 'classes' ? 'logistic' : name;
}

function knowingNothing({ config }: CheckJob, data: PreparedTable): Baseline {
  const name = data.fitted.target.kind === 'classes' ? 'class shares' : 'mean';
  return { name, metrics: chanceMetrics(data, data.parts.validation, config.training.loss) };
}

/** Null where the loss stops being finite. */
export async function fitBaseline(
  job: BaselineJob,
  data: PreparedTable,
  widths: readonly number[],
  cancelled: Cancelled,
): Promise<FitResult | null> {
  const training = {
    ...plainTraining(job.config.training, { learningRate: LEARNING_RATE, batchSize: BATCH, epochs: EPOCHS }),
    earlyStopping: { patience: PATIENCE, minDelta: 0 },
  };
  const fitJob: FitJob = {
    ...job,
    config: { ...job.config, model: denseModel(data, widths), training },
    objective: { metric: 'validation.loss', direction: 'minimize' },
    trainShare: 1,
    keepNetwork: true,
  };
  try {
    return await fitNetwork(fitJob, data, cancelled);
  } catch (error) {
    if (error instanceof TuneloomError && error.code === 'diverged') return null;
    throw error;
  }
}
