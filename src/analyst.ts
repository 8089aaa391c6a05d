/** Entry of a thread of the analysts' pool: error analysis and reports, beside the thread that answers requests. */
import { workerData } from 'node:worker_threads';
import {
  analyse,
  buildReport,
  comparePredictions,
  reportPage,
  selectForMean,
  type AnalystTask,
} from './services';
import { openReader } from './storage';

const { dataDir } = workerData as { readonly dataDir: string };
let reader: ReturnType<typeof openReader> | null = null;

export default async function run(task: AnalystTask): Promise<unknown> {
  if (task.kind === 'analyse') {
    // Without undefined and typed arrays: as it is stored.
    return JSON.parse(JSON.stringify(await analyse(task.request))) as unknown;
  }
  if (task.kind === 'compare') return comparePredictions(task.request);
  if (task.kind === 'select') return selectForMean(task.request);
  reader ??= openReader(dataDir);
  const report = buildReport(reader, task.study);
  if (report === null) return null;
  return task.format === 'json' ? JSON.stringify(report) : reportPage(report);
}
