import type { StoredDataset } from '../../src/core/dataset';
import type { Specification } from '../../src/core/specification';
import type { StoredTrial } from '../../src/core/storage';
import type { StudyRecord } from '../../src/core/study';
import { newTrial } from '../../src/services/scheduler/transitions';

export function storedDataset(id: string): StoredDataset {
  const column = { name: 'x', type: 'numeric', missing: 0, distinct: 2 } as const;
  return {
    id,
    name: 'table',
    format: 'csv',
    bytes: 10,
    sha256: 'ab',
    rows: 2,
    columns: [column],
    profiles: [
      {
        ...column,
        integral: true,
        levels: [
          { value: '1', count: 1 },
          { value: '2', count: 1 },
        ],
      },
    ],
    tableKey: 'ab-csv',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

export function studyRecord(id: string, dataset: string): StudyRecord {
  return {
    id,
    name: 'study',
    state: 'running',
    dataset,
    target: 'x',
    task: 'binary',
    spec: {
      objectives: [{ metric: 'validation.logLoss', direction: 'minimize' }],
    } as unknown as Specification,
    document: { model: { $choice: [1, 2] } },
    phase: 'search',
    stopReason: null,
    best: null,
    runningMs: 1.5,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
    error: null,
  };
}

export function storedTrial(study: string, number: number): StoredTrial {
  return newTrial(study, number, { params: { units: 8 }, config: { model: 1 }, seed: 5, enqueued: false });
}
