import { TuneloomError } from '../../core/errors';
import { newId } from '../../core/id';
import type { DataJob, FitJob, FitResult, TrialTransport } from '../../core/job';
import type { JsonObject } from '../../core/json';
import { leadingObjective } from '../../core/objectives';
import type { Specification, TrialConfig } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import type { EpochReport } from '../../core/trial';
import { toTrialConfig } from '../specification';
import { mostMs } from './data-size';

/** A larger network than most, trained with care and without any regularisation, as `npm run bench -- diagnosis` trains it. */
const REFERENCE_WIDTHS = [64, 64];
const REFERENCE_TRAINING = {
  optimizer: { name: 'adam', arguments: {} },
  learningRate: 0.003,
  schedule: { name: 'constant' },
  epochs: 40,
  earlyStopping: { patience: 8, minDelta: 0 },
  classWeights: 'none',
  labelSmoothing: 0,
  gradientClip: null,
  augmentation: null,
} as const;
/** Training rows of the reference at most, and validation rows: it is to take seconds. */
const MOST_ROWS = 20_000;
/** Its batches have as many rows as the bench's; of more training rows they are larger, and an epoch has so many steps. */
const LEAST_BATCH = 32;
const MOST_STEPS = 125;

/** What the learning curve of a trial is held against. */
export interface DiagnosisBasis {
  readonly trial: number;
  /** Loss of always saying the class shares of the training rows, or their mean, on validation rows. */
  readonly chance: number | null;
  /** What the larger network reaches; null where it was not trained. */
  readonly reference: { readonly trainLoss: number; readonly validationLoss: number } | null;
  /** Of a k-fold trial, whose stored curve has folds for epochs: the curve of its first fold. */
  readonly fold: {
    readonly curve: readonly EpochReport[];
    readonly bestEpoch: number;
    readonly trainLoss: number | null;
  } | null;
}

export interface DiagnosedTrial {
  readonly trial: StoredTrial;
  readonly spec: Specification;
  readonly data: DataJob;
  /** Of the whole table. */
  readonly rows: number;
  /** Of the study, so far. */
  readonly runningMs: number;
}

/** Measured at the end of a study, of its best trial. @throws TuneloomError what the transport throws */
export async function measureBasis(
  { trial, spec, data, rows, runningMs }: DiagnosedTrial,
  transport: Pick<TrialTransport, 'perform' | 'cancel'>,
): Promise<DiagnosisBasis> {
  const config = toTrialConfig(trial.config, spec.task);
  const { validation: chance } = await transport.perform('chance', { id: newId('md'), data, config });
  const job = { data, seed: trial.seed, keepNetwork: false } as const;
  const trainRows = Math.max(1, rows * spec.split.train);
  const objective = leadingObjective(spec.objectives);
  const fold =
    spec.split.folds === null
      ? null
      : await fitted(
          {
            ...job,
            id: newId('md'),
            config,
            engine: trial.engine ?? 'auto',
            objective,
            trainShare: 1,
          },
          transport,
        );
  const reference =
    spec.checks === 'off'
      ? null
      : await fitted(
          {
            ...job,
            id: newId('md'),
            config: referenceOf(config, Math.min(MOST_ROWS, trainRows)),
            engine: 'auto',
            objective: { metric: 'validation.loss', direction: 'minimize' },
            trainShare: Math.min(1, MOST_ROWS / trainRows),
            mostValidationRows: MOST_ROWS,
          },
          transport,
          mostMs(runningMs),
        );
  const [trainLoss, validationLoss] = [
    reference?.metrics.train['loss'] ?? null,
    reference?.metrics.validation?.['loss'] ?? null,
  ];
  return {
    trial: trial.number,
    chance,
    reference: trainLoss === null || validationLoss === null ? null : { trainLoss, validationLoss },
    fold:
      fold === null
        ? null
        : { curve: fold.curve, bestEpoch: fold.bestEpoch, trainLoss: fold.metrics.train['loss'] ?? null },
  };
}

/** Null where it diverges, cannot be built, or takes longer, from when it has a slot. @param most milliseconds */
async function fitted(
  job: FitJob,
  transport: Pick<TrialTransport, 'perform' | 'cancel'>,
  most = Infinity,
): Promise<FitResult | null> {
  let timer: NodeJS.Timeout | undefined;
  const began = (): void => {
    if (most === Infinity) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      transport.cancel(job.id);
    }, most);
  };
  try {
    return await transport.perform('fit', job, began);
  } catch (error) {
    if (error instanceof TuneloomError && error.kind !== 'unavailable') return null;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @param trainRows of the reference */
function referenceOf(config: TrialConfig, trainRows: number): TrialConfig {
  const flat: readonly JsonObject[] = config.preparation.image == null ? [] : [{ flatten: {} }];
  const hidden = REFERENCE_WIDTHS.map((units) => ({
    dense: { units, activation: 'relu', kernelInitializer: 'heNormal' },
  }));
  return {
    ...config,
    model: { layers: [...flat, ...hidden] },
    training: {
      ...config.training,
      ...REFERENCE_TRAINING,
      batchSize: Math.max(LEAST_BATCH, Math.ceil(trainRows / MOST_STEPS)),
    },
  };
}
