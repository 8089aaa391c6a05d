export { compare, confidenceOf, type PairedComparison, type ResamplingUnit } from './bootstrap';
export {
  IMPORTANCE_METHODS,
  importances,
  type ImportanceColumn,
  type ImportanceMethod,
  type ImportanceTable,
} from './importance';
export { calibrationFinding, calibrationOf, type Calibration } from './errors/calibration';
export { describeCondition, matches, type Condition, type FeatureColumn } from './errors/columns';
export { confusionOf } from './errors/confusion';
export { findSlices, type Slice, type SliceSearch } from './errors/slices';
export { meanOf, selectMembers } from './ensemble';
export { scoreRows, type ScoredRows } from './measures';
export { residualsOf, type Residuals } from './errors/residuals';
export { worstRows, type WorstRow } from './errors/worst-rows';
export type { LearningCurve } from './diagnosis/curve';
export { diagnose, type DiagnosisRequest } from './diagnosis/diagnose';
export { dataSizeCurve, dataSizeFinding, type DataSizeCurve, type SizePoint } from './diagnosis/data-size';
export { analyseErrors, type ErrorAnalysis } from './errors/analyse';
export { judgeChecks } from './checks/judge';
export { CHECK_THRESHOLDS } from './checks/thresholds';
