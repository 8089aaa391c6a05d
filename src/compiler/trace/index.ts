export { trace, type Tensors } from './trace';
