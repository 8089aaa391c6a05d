/**
 * Entry of a process that tries a device: a product of two matrices, and whether the device's own provider computed
 * it. ONNX Runtime falls back to the CPU without a word, and a driver that does not fit may end the process.
 * Exits 0, or prints why not.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { operation, plainModel, valueOf } from '../compiler';
import { providerName, providersOf } from './providers';

const SIZE = 8;

function matrixProduct(): Uint8Array {
  const [a, b] = [valueOf('float32', [SIZE, SIZE]), valueOf('float32', [SIZE, SIZE])];
  const product = operation('MatMul', [a, b], {});
  return plainModel({
    inputs: [
      { name: 'a', value: a },
      { name: 'b', value: b },
    ],
    constants: [],
    operations: [product],
    outputs: [{ name: 'product', value: product.output }],
  });
}

async function probe(device: string, folder: string): Promise<string | null> {
  const session = await ort.InferenceSession.create(matrixProduct(), {
    executionProviders: providersOf(device),
    enableProfiling: true,
    profileFilePrefix: join(folder, 'probe'),
    logSeverityLevel: 4,
  });
  const ones = new ort.Tensor('float32', new Float32Array(SIZE * SIZE).fill(1), [SIZE, SIZE]);
  const { product } = await session.run({ a: ones, b: ones });
  session.endProfiling();
  const numbers = product?.data as Float32Array | undefined;
  if (numbers === undefined || !numbers.every((number) => number === SIZE))
    return 'it computes wrong numbers';
  const [profile = ''] = readdirSync(folder);
  const used = readFileSync(join(folder, profile), 'utf8').includes(providerName(device));
  return used ? null : 'ONNX Runtime found no such device and computed on the CPU';
}

/** The first line, without the place in ONNX Runtime's sources that it may begin with. */
function wordsOf(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^\S+\.(?:cc|h):\d+ .*?was false\. /, '');
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tuneloom-probe-'));
  let reason: string | null;
  try {
    reason = await probe(process.argv[2] ?? 'cpu', folder);
  } catch (error) {
    reason = wordsOf(error instanceof Error ? error.message : String(error));
  }
  rmSync(folder, { recursive: true, force: true });
  if (reason !== null) console.log(reason);
  process.exit(reason === null ? 0 : 1);
}

void main();
