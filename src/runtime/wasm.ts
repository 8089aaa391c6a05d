import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

let done = false;

/** Registers the backend `wasm`, and says once where its binaries lie. */
export function loadWasm(): void {
  if (!done) setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  done = true;
}
