export type { InferenceAnswer } from './inference/messages';
export type { CarriedError, Decision, FromWorker, ToWorker } from './messages';
export { WorkerProcess } from './worker-process';
