export { evaluateNetwork } from './evaluate';
export { runTrial, type TrialHost } from './run-trial';
