export { compareEngines, type Comparison } from './compare';
export { machineCosts, type MeasuredCosts } from './costs';
export { recordCalls } from './record-calls';
export type { KernelCall } from './work';
