import type { EvaluationJob } from '../core/job';
import type { Metrics } from '../core/metrics';
import type { PreparedTable } from '../datasets';
import { measure } from './measure';
import { withNetwork } from './predict';

/** Measures a stored network on one part of the data. @throws TuneloomError where it cannot be loaded */
export function evaluateNetwork(job: EvaluationJob, data: PreparedTable): Promise<Metrics> {
  return withNetwork(job.network, (network) =>
    measure(network, data.parts[job.part], data, job.config.training.loss),
  );
}
