import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { childEntry } from '../core/entry';
import { InternalError, TuneloomError, UnavailableError } from '../core/errors';
import type { Inference, InferencePrediction, InferenceRequest, StoredNetworkFiles } from '../core/inference';
import type { Telemetry } from '../core/telemetry';
import type { InferenceAnswer, InferenceResult, InferenceWork } from '../workers';

const MOST_WAITING = 32;
const DEADLINE_MS = 30_000;
const RETRY_SECONDS = 2;
const MOST_STARTS = 2;

interface Call {
  readonly id: number;
  readonly work: InferenceWork;
  readonly startedAt: number;
  readonly deadline: NodeJS.Timeout;
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (error: unknown) => void;
  starts: number;
}

/** The inference process as a port: started at the first call, and again when it was lost. */
export function createInference(telemetry: Telemetry): Inference {
  return new InferenceProcess(telemetry);
}

class InferenceProcess implements Inference {
  readonly #telemetry: Telemetry;
  readonly #calls = new Map<number, Call>();
  #child: ChildProcess | null = null;
  #nextId = 0;
  #closed = false;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  async predict(request: InferenceRequest): Promise<readonly InferencePrediction[]> {
    const result = await this.#call({ kind: 'predict', request });
    if (result instanceof Uint8Array) throw wrongAnswer();
    return result;
  }

  exportOnnx(files: StoredNetworkFiles): Promise<Uint8Array> {
    return this.#export({ kind: 'onnx', files });
  }

  exportPipeline(files: StoredNetworkFiles): Promise<Uint8Array> {
    return this.#export({ kind: 'pipeline', files });
  }

  async #export(work: InferenceWork): Promise<Uint8Array> {
    const result = await this.#call(work);
    if (!(result instanceof Uint8Array)) throw wrongAnswer();
    return result;
  }

  #call(work: InferenceWork): Promise<InferenceResult> {
    if (this.#closed)
      return Promise.reject(new UnavailableError('shutting_down', 'the service is shutting down', 10));
    if (this.#calls.size >= MOST_WAITING) {
      return Promise.reject(
        new UnavailableError(
          'inference_busy',
          `${String(MOST_WAITING)} predictions wait already`,
          RETRY_SECONDS,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const deadline = setTimeout(() => {
        this.#overdue(id);
      }, DEADLINE_MS);
      const call = { id, work, startedAt: performance.now(), deadline, resolve, reject, starts: 0 };
      this.#calls.set(id, call);
      this.#send(call);
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    for (const { id } of [...this.#calls.values()]) {
      this.#take(id)?.reject(new UnavailableError('shutting_down', 'the service is shutting down', 10));
    }
    if (child === null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.kill('SIGKILL');
    });
  }

  #send(call: Call): void {
    call.starts += 1;
    this.#child ??= this.#start();
    this.#child.send({ id: call.id, work: call.work }, () => undefined);
  }

  #start(): ChildProcess {
    const child = fork(childEntry(join(__dirname, '..', 'workers', 'inference'), 'child'), [], {
      serialization: 'advanced',
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
    });
    child.on('message', (message) => {
      this.#answered(message as InferenceAnswer);
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#child = null;
      this.#lost(signal ?? `code ${String(code)}`);
    });
    return child;
  }

  #answered(answer: InferenceAnswer): void {
    const call = this.#take(answer.id);
    if (call === null) return;
    if (call.work.kind === 'predict') this.#telemetry.prediction((performance.now() - call.startedAt) / 1000);
    if (answer.ok) {
      call.resolve(answer.result);
    } else {
      const { kind, code, message, errors } = answer.error;
      call.reject(new TuneloomError(kind, code, message, { errors }));
    }
  }

  /** The process ended under these calls: each is tried once more. */
  #lost(reason: string): void {
    if (this.#closed) return;
    for (const call of [...this.#calls.values()]) {
      if (call.starts < MOST_STARTS) {
        this.#send(call);
      } else {
        const message = `the inference process was lost twice under this call (${reason})`;
        this.#take(call.id)?.reject(new TuneloomError('internal', 'inference_failed', message));
      }
    }
  }

  #overdue(id: number): void {
    const seconds = String(DEADLINE_MS / 1000);
    const message = `the prediction took longer than ${seconds} seconds; send fewer rows a call`;
    this.#take(id)?.reject(new UnavailableError('inference_busy', message, RETRY_SECONDS));
    this.#child?.kill('SIGKILL');
  }

  #take(id: number): Call | null {
    const call = this.#calls.get(id) ?? null;
    this.#calls.delete(id);
    if (call !== null) clearTimeout(call.deadline);
    return call;
  }
}

function wrongAnswer(): InternalError {
  return new InternalError('inference_failed', 'the inference process answered another question');
}
