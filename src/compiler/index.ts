export { operation, print, valueOf, verify, type Graph, type TensorType } from './ir';
export {
  CLASSIC_DOMAIN,
  indicesNodes,
  ModelWriter,
  plainModel,
  scanModel,
  type NamedTensor,
  type Role,
  type Roles,
  type TensorName,
  withAnyRows,
} from './onnx';
export { optimise, PASSES, type PassName } from './passes';
export { trace, type Tensors } from './trace';
