import type { Specification } from '../../../src/core/specification';
import { createPruner } from '../../../src/pruners';
import { createSampler } from '../../../src/samplers';
import { StudyRun } from '../../../src/services/scheduler/study-run';
import { parseSpace } from '../../../src/space';
import { studyRecord } from '../../storage/records';

/** What the scheduler holds of a study of one number, by random search. @param spec what matters of its specification */
export function studyRun(id: string, spec: object, pruner = 'none'): StudyRun {
  const record = studyRecord(id, 'd');
  const space = parseSpace({ x: { $float: [0, 1] } });
  const full = {
    ...record.spec,
    constraints: [],
    split: { method: 'holdout' },
    ...spec,
  } as unknown as Specification;
  const parts = {
    space,
    sampler: createSampler('random', space),
    pruner: createPruner(pruner, { maxSteps: 27 }),
    data: null,
  };
  return new StudyRun({ ...record, spec: full }, parts);
}
