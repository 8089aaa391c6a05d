import * as ort from 'onnxruntime-node';
import { indicesNodes, optimise, scanModel, type Graph, type PassName, type Roles } from '../compiler';
import { threadClock } from '../core/phase-clock';
import type { Cached } from './program-cache';
import { providersOf } from './providers';

export type Feeds = Readonly<
  Record<
    string,
    { readonly data: Float32Array | Int32Array | BigInt64Array; readonly shape: readonly number[] }
  >
>;

/** A compiled step on ONNX Runtime: a call runs any number of steps on one operator thread. */
export class CompiledProgram implements Cached {
  readonly #session: ort.InferenceSession;
  /** Every value of one step at once: ONNX Runtime's arena, which it keeps between runs, uses most of them again. */
  readonly bytes: number;

  private constructor(session: ort.InferenceSession, bytes: number) {
    this.#session = session;
    this.bytes = bytes;
  }

  /**
   * @param device `cpu`, `webgpu`, `cuda:0` …; not looked for here: see `probeDevice`
   * @param off passes that are left out, to see what they are worth
   */
  static async create(
    graph: Graph,
    roles: Roles,
    device = 'cpu',
    off: readonly PassName[] = [],
  ): Promise<CompiledProgram> {
    const optimised = optimise(graph, off);
    const model = scanModel(optimised, roles);
    const session = await threadClock.spend('session', () =>
      ort.InferenceSession.create(model, {
        executionProviders: providersOf(device, indicesNodes(optimised)),
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      }),
    );
    return new CompiledProgram(session, bytesOf(optimised));
  }

  /**
   * Runs as many steps as its inputs of each step are long. Blocks the thread until they are done; nothing may end the
   * thread meanwhile. Outputs by name, row-major.
   */
  async run(feeds: Feeds): Promise<Readonly<Record<string, Float32Array>>> {
    const tensors: Record<string, ort.Tensor> = {};
    const wanted = new Set(this.#session.inputNames);
    for (const [name, { data, shape }] of Object.entries(feeds)) {
      // ONNX Runtime has no input for what an optimised graph does not use.
      if (!wanted.has(name)) continue;
      if (data instanceof Float32Array) tensors[name] = new ort.Tensor('float32', data, shape);
      else if (data instanceof Int32Array) tensors[name] = new ort.Tensor('int32', data, shape);
      else tensors[name] = new ort.Tensor('int64', data, shape);
    }
    const results = await this.#session.run(tensors);
    const outputs = Object.entries(results).map(
      ([name, tensor]) => [name, tensor.data as Float32Array] as const,
    );
    return Object.fromEntries(outputs);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

const BYTES_A_NUMBER = 4;

function bytesOf({ inputs, operations }: Graph): number {
  const values = [...inputs.map(({ value }) => value), ...operations.map(({ output }) => output)];
  const numbers = values.reduce(
    (sum, { type }) => sum + type.shape.reduce((size, dimension) => size * dimension, 1),
    0,
  );
  return numbers * BYTES_A_NUMBER;
}
