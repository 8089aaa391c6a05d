import type { StudyTaskKind, TaskJob, TaskResult } from '../core/job';
import type { PreparedTable } from '../datasets';
import { averageMembers } from './average';
import { predictBaselines } from './baselines';
import { boostNetwork } from './boost';
import { never, type Cancelled } from './cancelled';
import { measureChance } from './chance';
import { checkStudy } from './checks/check-study';
import { evaluateNetwork } from './evaluate';
import { fitNetwork } from './fit';
import { predictParts, predictValidation } from './predict';

/** How each task of a study is done, in a worker's thread. */
const TASKS: {
  readonly [Kind in StudyTaskKind]: (
    job: TaskJob<Kind>,
    data: PreparedTable,
    cancelled: Cancelled,
    memoryBytes: number,
  ) => Promise<TaskResult<Kind>>;
} = {
  average: averageMembers,
  baselines: predictBaselines,
  boost: boostNetwork,
  chance: measureChance,
  check: checkStudy,
  evaluate: evaluateNetwork,
  predict: predictParts,
  validate: predictValidation,
  fit: fitNetwork,
};

/**
 * @param memoryBytes of rows that the task prepares itself, that may be in memory
 * @throws TuneloomError what the task throws; ConflictError `cancelled` where it was told to stop in time
 */
export function performTask<Kind extends StudyTaskKind>(
  kind: Kind,
  job: TaskJob<Kind>,
  data: PreparedTable,
  cancelled: Cancelled = never,
  memoryBytes = Infinity,
): Promise<TaskResult<Kind>> {
  return TASKS[kind](job, data, cancelled, memoryBytes);
}
