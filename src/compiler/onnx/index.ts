export { loopModel, plainModel, type Role, type Roles } from './program';
