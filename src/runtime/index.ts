export { candidateEngines, engineStatuses, type Choice } from './choose';
export { missingKernel, type Engine } from './engine';
