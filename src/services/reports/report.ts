import type { Dataset, StoredDataset } from '../../core/dataset';
import { worstFirst, type DiagnosisCode, type Finding } from '../../core/finding';
import type { JsonValue } from '../../core/json';
import type { Metrics } from '../../core/metrics';
import type { Model } from '../../core/model';
import type { MetricIntervals } from '../../core/predictions';
import type { StorageReader, StoredTrial } from '../../core/storage';
import type { StudyRecord } from '../../core/study';
import type { EpochReport, Params } from '../../core/trial';
import { toDataset } from '../datasets/dataset-service';
import type { FinalStory } from '../final/make-final';
import type { StudyChecks } from '../checks/check-study';
import type { Study } from '../services';
import { toStudy } from '../studies/study-view';
import type { Analysis } from './analysis';
import { chanceOf, diagnoseTrial } from './diagnosis';

export interface HistoryEntry {
  readonly trial: number;
  readonly state: StoredTrial['state'];
  readonly values: readonly number[] | null;
  readonly epochs: number;
  readonly durationMs: number | null;
  readonly params: Params;
}

/** The whole story of a study (process.md). Sections that are not built, not asked for or not there yet are null. */
export interface Report {
  readonly study: Study;
  readonly dataset: Dataset | null;
  readonly audit: JsonValue;
  /** Simple models on validation rows, from the checks before the search; without checks, on test rows. */
  readonly baselines: readonly { readonly name: string; readonly metrics: Metrics }[] | null;
  readonly checks: readonly Finding[] | null;
  readonly search: {
    /** Finished trials in the order of completion. */
    readonly history: readonly HistoryEntry[];
    readonly importance: JsonValue;
  };
  readonly diagnosis: {
    readonly findings: readonly Finding<DiagnosisCode>[];
    readonly dataSizeCurve: JsonValue;
    /** The trial that is diagnosed, with its learning curve. */
    readonly trial: number;
    readonly curve: readonly EpochReport[];
  } | null;
  readonly errorAnalysis: Analysis['errorAnalysis'] | null;
  readonly final: {
    readonly model: Model;
    /** How it came about: its members, and what came of the final options. */
    readonly story: FinalStory | null;
    readonly metrics: Model['metrics'];
    /** 95 % intervals of the test metrics. */
    readonly confidence: MetricIntervals | null;
    readonly validationConfidence: MetricIntervals | null;
    readonly resampling: Analysis['resampling'] | null;
    readonly baselines: Analysis['baselines'] | null;
  } | null;
  readonly findings: readonly Finding[];
}

/** Null where there is no such study. */
export function buildReport(reader: StorageReader, id: string): Report | null {
  const record = reader.study(id);
  if (record === null) return null;
  const stored = record.dataset === null ? null : reader.dataset(record.dataset);
  const trials = reader.history(id);
  const checks = reader.insight(id, 'checks') as unknown as StudyChecks | null;
  const analysis = reader.insight(id, 'analysis') as unknown as Analysis | null;
  const story = reader.insight(id, 'final') as unknown as FinalStory | null;
  const model = reader.finalModel(id);
  const best = record.best === null ? null : reader.trial(id, record.best.trial);
  const diagnosis = best === null ? null : diagnosisOf(reader, record, best, stored);
  const findings = [
    ...(checks?.findings ?? []),
    ...(diagnosis?.findings ?? []),
    ...(analysis?.findings ?? []),
    ...(analysis?.errorAnalysis.findings ?? []),
  ];
  return {
    study: toStudy(reader, record),
    dataset: stored === null ? null : toDataset(stored),
    audit: null,
    baselines:
      checks !== null && checks.baselines.length > 0
        ? checks.baselines
        : (analysis?.baselines.map(({ name, metrics }) => ({ name, metrics })) ?? null),
    checks: checks?.findings ?? null,
    search: {
      history: trials.filter(({ finishedOrder }) => finishedOrder !== null).map(entryOf),
      importance: null,
    },
    diagnosis,
    errorAnalysis: analysis?.errorAnalysis ?? null,
    final:
      model === null
        ? null
        : {
            model,
            story,
            metrics: model.metrics,
            confidence: analysis?.confidence ?? null,
            validationConfidence: analysis?.validationConfidence ?? null,
            resampling: analysis?.resampling ?? null,
            baselines: analysis?.baselines ?? null,
          },
    findings: worstFirst<Finding['code']>(findings),
  };
}

function diagnosisOf(
  reader: StorageReader,
  record: StudyRecord,
  trial: StoredTrial,
  dataset: StoredDataset | null,
): Report['diagnosis'] {
  const curve = reader.curve(record.id, trial.number);
  return {
    findings: diagnoseTrial(trial, curve, chanceOf(record, curve, dataset)),
    dataSizeCurve: null,
    trial: trial.number,
    curve,
  };
}

function entryOf({ number, state, values, epochs, durationMs, params }: StoredTrial): HistoryEntry {
  return { trial: number, state, values, epochs, durationMs, params };
}
