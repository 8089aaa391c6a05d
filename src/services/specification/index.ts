export { resolveExternal } from './external';
export { mostSteps } from './strategies';
export { resolveSpecification, type ResolvedStudy, type SpecificationContext } from './resolve';
export { toTrialConfig } from './trial-config';
