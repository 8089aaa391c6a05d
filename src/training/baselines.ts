import type { BaselineJob, BaselinePredictions } from '../core/job';
import { openRawRows, type PreparedTable } from '../datasets';
import type { Cancelled } from './cancelled';
import { LADDER, fitBaseline, nameOfBaseline } from './checks/capacity';
import { withTrainShare } from './fit';
import { analysedPredictions, withNetwork } from './predict';

/** Training rows that a baseline is fitted on at most. */
const MOST_ROWS = 50_000;

/** What simple models, trained on the training rows, say of the validation and test rows. One that diverges is left out. */
export async function predictBaselines(
  job: BaselineJob,
  data: PreparedTable,
  cancelled: Cancelled,
): Promise<readonly BaselinePredictions[]> {
  const raw = await openRawRows(job.data);
  const share = Math.min(1, MOST_ROWS / data.parts.train.rows);
  const used = share < 1 ? withTrainShare(data, share, job.seed) : data;
  const all: BaselinePredictions[] = [];
  for (const { name, widths } of LADDER.slice(0, 2)) {
    const fitted = await fitBaseline(job, used, widths, cancelled);
    if (fitted?.network == null) continue;
    const { validation, test } = data.parts;
    const predictions = await withNetwork(fitted.network, (network) => ({
      validation: analysedPredictions(network, data, validation, raw.parts.validation),
      test: analysedPredictions(network, data, test, raw.parts.test),
    }));
    all.push({ name: nameOfBaseline(name, data), ...predictions });
  }
  return all;
}
