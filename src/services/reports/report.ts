import type { Dataset } from '../../core/dataset';
import { worstFirst, type DiagnosisCode, type Finding } from '../../core/finding';
import type { Metrics } from '../../core/metrics';
import type { Model } from '../../core/model';
import type { MetricIntervals } from '../../core/predictions';
import type { StorageReader, StoredTrial } from '../../core/storage';
import type { EpochReport } from '../../core/trial';
import { toDataset } from '../datasets/dataset-service';
import type { FinalStory } from '../final/make-final';
import type { StudyChecks } from '../checks/check-study';
import type { Study } from '../services';
import { toStudy } from '../studies/study-view';
import type { Audit } from '../../datasets';
import { dataSizeFinding, type DataSizeCurve } from '../../insight';
import type { Analysis } from './analysis';
import type { FirstLayer } from './first-layer';
import { searchSection, type SearchSection } from './search-section';
import { diagnoseTrial } from './diagnosis';
import type { DiagnosisBasis } from './diagnosis-basis';

/** The whole story of a study (process.md). Sections that are not built, not asked for or not there yet are null. */
export interface Report {
  readonly study: Study;
  readonly dataset: Dataset | null;
  /** Of the rows that are trained on. */
  readonly audit: Audit | null;
  /** Simple models on validation rows, from the checks before the search; without checks, on test rows. */
  readonly baselines: readonly { readonly name: string; readonly metrics: Metrics }[] | null;
  readonly checks: readonly Finding[] | null;
  readonly search: SearchSection;
  readonly diagnosis: {
    /** Empty before the study has ended. */
    readonly findings: readonly Finding<DiagnosisCode>[];
    readonly dataSizeCurve: DataSizeCurve | null;
    /** Weights of the model's first layer as they can be looked at. */
    readonly firstLayer: FirstLayer | null;
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
  const diagnosis = best === null ? null : diagnosisOf(reader, best, analysis);
  const audit = reader.insight(id, 'audit') as unknown as Audit | null;
  const findings = [
    ...(audit?.findings ?? []),
    ...(checks?.findings ?? []),
    ...(diagnosis?.findings ?? []),
    ...(analysis?.findings ?? []),
    ...(analysis?.errorAnalysis.findings ?? []),
  ];
  return {
    study: toStudy(reader, record),
    dataset: stored === null ? null : toDataset(stored),
    audit,
    baselines:
      checks !== null && checks.baselines.length > 0
        ? checks.baselines
        : (analysis?.baselines.map(({ name, metrics }) => ({ name, metrics })) ?? null),
    checks: checks?.findings ?? null,
    search: searchSection(record, trials),
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
  trial: StoredTrial,
  analysis: Analysis | null,
): Report['diagnosis'] {
  const curve = reader.curve(trial.study, trial.number);
  const sizes = reader.insight(trial.study, 'dataSize') as unknown as DataSizeCurve | null;
  const basis = reader.insight(trial.study, 'basis') as unknown as DiagnosisBasis | null;
  const more = sizes === null ? null : dataSizeFinding(sizes);
  return {
    findings: [
      // While a study runs on, another trial may be the best one by now.
      ...(basis?.trial === trial.number ? diagnoseTrial(trial, curve, basis) : []),
      ...(more === null ? [] : [more]),
    ],
    dataSizeCurve: sizes,
    firstLayer: analysis?.firstLayer ?? null,
    trial: trial.number,
    curve,
  };
}
