export { exportOnnx } from './export-onnx';
export { exportPipeline } from './pipeline/export-pipeline';
export { performTask } from './perform-task';
export { runTrial, type TrialHost } from './run-trial';
