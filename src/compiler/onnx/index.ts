export { withAnyRows } from './any-rows';
export { indicesNodes } from './nodes';
export { plainModel, scanModel, type Role, type Roles } from './program';
