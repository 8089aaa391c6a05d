export type { InferenceAnswer, InferenceResult, InferenceWork } from './inference/messages';
export type { CarriedError } from './carried-error';
export type { FromWorker, ToWorker } from './messages';
export { WorkerProcess, type WorkerOptions } from './worker-process';
