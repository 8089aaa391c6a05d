export type { InferenceAnswer, InferenceResult, InferenceWork } from './inference/messages';
export type { CarriedError, Decision, FromWorker, ToWorker } from './messages';
export { WorkerProcess } from './worker-process';
