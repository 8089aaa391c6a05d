export * from './graph';
export { broadcast, infer, operation } from './operations';
export { print } from './print';
export { verify } from './verify';
