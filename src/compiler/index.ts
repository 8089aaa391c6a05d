export { operation, print, valueOf, verify, type Graph, type TensorType } from './ir';
export { indicesNodes, plainModel, scanModel, type Role, type Roles, withAnyRows } from './onnx';
export { optimise, PASSES, type PassName } from './passes';
export { trace, type Tensors } from './trace';
