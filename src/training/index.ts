export { exportOnnx } from './export-onnx';
export { exportPipeline } from './pipeline/export-pipeline';
export { useSlotMemory } from './model-size';
export { useRowMemory } from './own-rows';
export { performTask } from './perform-task';
export { runTrial, type TrialHost } from './run-trial';
