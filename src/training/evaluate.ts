import type { EvaluationJob } from '../core/job';
import type { Metrics } from '../core/metrics';
import type { PreparedTable } from '../datasets';
import { asItsInputs } from './as-its-inputs';
import type { Cancelled } from './cancelled';
import { measure } from './measure';
import { withNetwork } from './predict';

/** Measures a stored network on one part of the data. @throws TuneloomError where it cannot be loaded */
export function evaluateNetwork(
  job: EvaluationJob,
  prepared: PreparedTable,
  _cancelled: Cancelled,
  memoryBytes: number,
): Promise<Metrics> {
  return asItsInputs(job, prepared, { parts: [job.part], memoryBytes }, (data) =>
    withNetwork(job.network, (network) =>
      measure(network, data.parts[job.part], data, job.config.training.loss),
    ),
  );
}
