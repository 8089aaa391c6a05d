export { CompiledProgram, ProgramCache, type Feeds } from './compiled-program';
export { candidateEngines, engineStatuses, type Choice } from './choose';
export { missingKernel, type Engine } from './engine';
export { findInstallations, reportTensorFlow, useTensorFlow, type TensorFlowReport } from './tensorflow';
