export { compareEngines, type Comparison } from './compare';
export { machineCosts, type MeasuredCosts } from './costs';
export type { KernelCall } from './work';
