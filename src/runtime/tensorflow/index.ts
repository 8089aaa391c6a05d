export { TensorFlowEngine } from './engine';
export {
  findInstallations,
  MANIFEST,
  placesIn,
  platform,
  type Installation,
  type Manifest,
} from './installation';
export { loadTensorFlow } from './load';
export { probe } from './probe';
export { reportTensorFlow, type TensorFlowReport } from './report';
