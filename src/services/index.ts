export { createServices, type RunningServices, type ServicePorts } from './create-services';
export type { Logger } from './logger';
export type {
  DatasetService,
  EventService,
  IdempotencyService,
  InTransaction,
  ModelService,
  Prediction,
  Services,
  Study,
  StudyService,
  SystemService,
  TrialService,
  UploadedTable,
} from './services';
