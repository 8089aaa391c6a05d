export { CompiledProgram, type Feeds } from './compiled-program';
export { flushDenormals, flushesDenormals } from './denormals';
export { ProgramCache, type Cached } from './program-cache';
export { candidateEngines, compareWithWasm, engineStatuses, forwardEngines, type Choice } from './choose';
export { recordCalls, type KernelCall } from './costs';
export { lackOf, missingKernel, type Engine } from './engine';
export { surveyEngines, useSurvey, type EngineSurvey } from './survey';
