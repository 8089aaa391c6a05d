export { indicesNodes } from './nodes';
export { loopModel, plainModel, type Role, type Roles } from './program';
