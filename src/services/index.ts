export { createServices, type RunningServices, type ServicePorts } from './create-services';
export { comparePredictions, selectForMean } from './reports/compare-predictions';
export { analyse } from './reports/analysis';
export type { AnalystTask } from './reports/analysts';
export { PAGE_POLICY, reportPage } from './reports/page/page';
export { buildReport, type Report } from './reports/report';
export type { Logger } from './logger';
export type {
  DatasetService,
  EventService,
  IdempotencyService,
  InTransaction,
  ModelService,
  OnnxFile,
  Prediction,
  Services,
  Study,
  StudyService,
  SystemService,
  TrialService,
  UploadedTable,
} from './services';
