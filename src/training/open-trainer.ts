import { InternalError, TuneloomError } from '../core/errors';
import { threadClock } from '../core/phase-clock';
import type { EngineName, EngineRequest, TrialConfig } from '../core/specification';
import { inputLayout, type PreparedTable } from '../datasets';
import { candidateEngines, compareWithWasm, lackOf, missingKernel, type Choice } from '../runtime';
import { never, taskCancelled, type Cancelled } from './cancelled';
import { CompiledTrainer } from './compiled-trainer';
import { assertIndices } from './embedding-indices';
import { assertFitsMemory, withinMemory } from './model-size';
import { buildNetwork, type Network } from './network';
import { outputShapeOf } from './output-shape';
import { Trainer, type TrialTrainer } from './trainer';

export interface TrainerRequest {
  readonly engine: EngineRequest;
  readonly config: TrialConfig;
  readonly seed: number;
  /** What compiled graphs run on; null: the CPU. */
  readonly device?: string | null;
  /** Looked at between building, tracing and writing the network's programs. */
  readonly cancelled?: Cancelled;
}

/** A network with what trains it; both are disposed of when the work with them is done. */
export interface OpenTrainer {
  readonly network: Network;
  readonly trainer: TrialTrainer;
  readonly engine: EngineName;
  /** Why it is not the compiled one; null where it is. */
  readonly engineReason: string | null;
}

/** No engine can train the network; the message says what each lacks. */
export class EngineUnsupportedError extends TuneloomError {
  constructor(message: string) {
    super('invalid', 'engine_unsupported', message);
  }
}

/**
 * Builds the network and works with it on the best engine that can train it.
 * @param work begins anew on the next engine where a kernel turns out to be missing, which only a first step finds out
 * @throws EngineUnsupportedError; InvalidError `invalid_model`, `model_too_large`; ConflictError `cancelled`
 */
export async function withTrainer<T>(
  request: TrainerRequest,
  data: PreparedTable,
  work: (opened: OpenTrainer) => Promise<T>,
): Promise<T> {
  const lacking: string[] = [];
  for (const { engine, reason } of await candidateEngines(request.engine)) {
    try {
      const why = [...lacking, ...(reason === null ? [] : [reason])].join('; ');
      return await open(request, data, { engine, reason: why === '' ? null : why }, work);
    } catch (error) {
      if (!(error instanceof NotTrainable)) throw error;
      lacking.push(error.message);
    }
  }
  if (lacking.length > 0) throw new EngineUnsupportedError(lacking.join('; '));
  throw new InternalError('no_engine', 'no engine was tried');
}

async function open<T>(
  request: TrainerRequest,
  data: PreparedTable,
  { engine, reason }: Choice,
  work: (opened: OpenTrainer) => Promise<T>,
): Promise<T> {
  await engine.activate();
  const network = await threadClock.spend('build', () =>
    withinMemory(request.config.training, () =>
      buildNetwork(request.config.model, inputLayout(data), outputShapeOf(data.fitted.target), request.seed),
    ),
  );
  let trainer: TrialTrainer | null = null;
  try {
    if (request.cancelled?.() === true) throw taskCancelled();
    const { training } = request.config;
    assertFitsMemory(network.raw, training, Math.min(training.batchSize, data.parts.train.rows));
    assertIndices(network.raw, data);
    trainer = await threadClock.spend('trace', () => trainerOf(engine.name, request, data, network));
    const choice = trainer instanceof Trainer ? await preferred(engine.name, request, trainer) : null;
    const engineReason = [reason, choice].filter((part) => part !== null).join('; ');
    const told = engineReason === '' ? null : engineReason;
    return await work({ network, trainer, engine: engine.name, engineReason: told });
  } finally {
    trainer?.dispose();
    network.dispose();
  }
}

/**
 * Why TensorFlow is preferred to WASM, where the study leaves that open; null where there is no such choice.
 * @throws NotTrainable where WASM is faster
 */
async function preferred(
  engine: EngineName,
  request: TrainerRequest,
  trainer: Trainer,
): Promise<string | null> {
  if (engine !== 'tensorflow' || request.engine !== 'auto') return null;
  const comparison = await compareWithWasm(trainer.stepCalls());
  if (comparison?.faster === 'wasm') throw new NotTrainable(comparison.why);
  return comparison?.why ?? null;
}

/** A network that this engine cannot train, or should not; another one may. */
class NotTrainable extends Error {}

const FAULTS = ['ir', 'onnx'];

/** @throws NotTrainable with what the engine lacks; nothing has been reported then */
async function trainerOf(
  engine: EngineName,
  { config, seed, device, cancelled = never }: TrainerRequest,
  data: PreparedTable,
  network: Network,
): Promise<TrialTrainer> {
  try {
    if (engine === 'compiled') {
      return await CompiledTrainer.create(
        network,
        config.model,
        data,
        config.training,
        seed,
        device ?? 'cpu',
        cancelled,
      );
    }
    const eager = new Trainer(network, data, config.training, seed);
    try {
      eager.tryStep();
    } catch (error) {
      eager.dispose();
      throw error;
    }
    return eager;
  } catch (error) {
    // A graph that does not hold together is a fault of the compiler's, which another engine would hide.
    if (error instanceof TuneloomError && (error.kind !== 'internal' || FAULTS.includes(error.code)))
      throw error;
    const kernel = engine === 'compiled' ? missingKernel(error) : null;
    const lack = kernel === null ? lackOf(error) : `no rule for the kernel ${kernel}`;
    const message = error instanceof Error ? error.message : String(error);
    throw new NotTrainable(`${engine}: ${lack ?? message}`);
  }
}
