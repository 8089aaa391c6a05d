export { withAnyRows } from './any-rows';
export { CLASSIC_DOMAIN, ModelWriter, type NamedTensor, type TensorName } from './model-writer';
export { indicesNodes } from './nodes';
export { plainModel, scanModel, type Role, type Roles } from './program';
