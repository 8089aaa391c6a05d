export { exportOnnx } from './export-onnx';
export { performTask } from './perform-task';
export { runTrial, type TrialHost } from './run-trial';
