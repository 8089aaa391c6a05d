import type { ChanceJob, ChanceLosses } from '../core/job';
import type { Metrics } from '../core/metrics';
import type { LossName } from '../core/specification';
import type { PreparedPart, PreparedTable } from '../datasets';
import { metricsOf } from './measure';
import { outputShapeOf } from './output-shape';

/** What always saying the class shares of the training rows, or their mean, is worth on some rows. */
export function chanceMetrics(data: PreparedTable, part: PreparedPart, loss: LossName): Metrics {
  const { units, bias } = outputShapeOf(data.fitted.target);
  const outputs = Float32Array.from({ length: part.rows * units }, (_, i) => bias[i % units] ?? 0);
  return metricsOf(outputs, part, data, loss);
}

/** The loss of knowing nothing on the training and validation rows, in the units of training. */
export function measureChance({ config }: ChanceJob, data: PreparedTable): Promise<ChanceLosses> {
  const of = (part: PreparedPart): number | null =>
    chanceMetrics(data, part, config.training.loss)['loss'] ?? null;
  return Promise.resolve({ train: of(data.parts.train), validation: of(data.parts.validation) });
}
