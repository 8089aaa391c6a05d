import * as ort from 'onnxruntime-node';
import { indicesNodes, loopModel, optimise, type Graph, type Roles } from '../compiler';
import { threadClock } from '../core/phase-clock';
import { providersOf } from './providers';

export type Feeds = Readonly<
  Record<string, { readonly data: Float32Array | BigInt64Array; readonly shape: readonly number[] }>
>;

/** A compiled step on ONNX Runtime: a call runs any number of steps on one operator thread. */
export class CompiledProgram {
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  /** @param device `cpu`, `webgpu`, `cuda:0` …; not looked for here: see `probeDevice` */
  static async create(graph: Graph, roles: Roles, device = 'cpu'): Promise<CompiledProgram> {
    const optimised = optimise(graph);
    const model = loopModel(optimised, roles);
    const session = await threadClock.spend('session', () =>
      ort.InferenceSession.create(model, {
        executionProviders: providersOf(device, indicesNodes(optimised)),
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      }),
    );
    return new CompiledProgram(session);
  }

  /** Blocks the thread until the steps are done; nothing may end the thread meanwhile. Outputs by name, row-major. */
  async run(steps: number, feeds: Feeds): Promise<Readonly<Record<string, Float32Array>>> {
    const tensors: Record<string, ort.Tensor> = {
      steps: new ort.Tensor('int64', BigInt64Array.of(BigInt(steps)), []),
    };
    const wanted = new Set(this.#session.inputNames);
    for (const [name, { data, shape }] of Object.entries(feeds)) {
      // ONNX Runtime has no input for what an optimised graph does not use.
      if (!wanted.has(name)) continue;
      tensors[name] =
        data instanceof Float32Array
          ? new ort.Tensor('float32', data, shape)
          : new ort.Tensor('int64', data, shape);
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

/** Programs of a thread by their signature; the longest unused goes first. */
export class ProgramCache<T extends { release(): Promise<void> }> {
  readonly #most: number;
  readonly #programs = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#programs.size;
  }

  /** @param make called where the signature is new */
  async get(signature: string, make: () => Promise<T>): Promise<T> {
    const known = this.#programs.get(signature);
    const program = known ?? (await make());
    this.#programs.delete(signature);
    this.#programs.set(signature, program);
    for (const [oldest, unused] of this.#programs) {
      if (this.#programs.size <= this.#most) break;
      this.#programs.delete(oldest);
      await unused.release();
    }
    return program;
  }
}
