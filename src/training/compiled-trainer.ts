import * as tf from '@tensorflow/tfjs-core';
import type { Metrics } from '../core/metrics';
import { threadClock } from '../core/phase-clock';
import type { ModelConfig, TrainingConfig } from '../core/specification';
import { inputLayout, inputShape, readRows, type PreparedPart, type PreparedTable } from '../datasets';
import { Batches } from './batches';
import { never, taskCancelled, type Cancelled } from './cancelled';
import { assertFits, type TrainerState, type Weights } from './checkpoint';
import { CompiledProgram, ProgramCache, type Feeds } from '../runtime';
import {
  layoutOf,
  maskRole,
  shiftName,
  slotName,
  structureOf,
  traceForward,
  traceStep,
  type Layout,
} from './compiled-step';
import { everyLayer } from './every-layer';
import { LearningRate } from './learning-rate';
import { smoothingOf } from './losses';
import type { Mask } from './masks';
import { metricsOf, pieceRows } from './measure';
import type { Network } from './network';
import { penaltiesOf } from './penalties';
import { RowFeeds } from './row-feeds';
import { RowOrder } from './row-order';
import type { EpochEnd, TrialTrainer } from './trainer';
import { updateRule, type UpdateRule } from './updates';

/** How long a run may last between two looks at the cancel flag, in milliseconds. */
const SLICE_MS = 100;
/** Numbers of batches that are gathered for one run. */
const SLICE_NUMBERS = 1 << 22;
/** Numbers of rows that are measured in one run, of a part too large to be kept. */
const PIECE_NUMBERS = 1 << 20;
const MOST_CHUNK_ROWS = 256;
/** Programs that a thread keeps of steps, and of forward passes. */
const KEPT = { programs: 48, bytes: 1 << 28 };

const steps = new ProgramCache<CompiledProgram>(KEPT);
const forwards = new ProgramCache<CompiledProgram>(KEPT);

/** Trains one network as a compiled graph, an epoch in a few calls. The counterpart of the eager {@link Trainer}. */
export class CompiledTrainer implements TrialTrainer {
  readonly #network: Network;
  readonly #data: PreparedTable;
  readonly #config: TrainingConfig;
  readonly #seed: number;
  readonly #device: string;
  readonly #rule: UpdateRule;
  readonly #layout: Layout;
  readonly #signature: string;
  readonly #outputs: number;
  readonly #batches: Batches;
  readonly #rate: LearningRate;
  readonly #smoothing: ReturnType<typeof smoothingOf>;
  readonly #rowFeeds: RowFeeds;
  readonly #state = new Map<string, Float32Array>();
  readonly #chunks = new Map<PreparedPart, Float32Array>();
  /** Memory of the masks of a run, used again by the next. */
  readonly #maskRoom = new Map<string, Float32Array>();
  #stepsDone = 0;
  #stepMs = 0;
  #chunkMs = 0;

  private constructor(
    network: Network,
    model: ModelConfig,
    data: PreparedTable,
    config: TrainingConfig,
    seed: number,
    device: string,
  ) {
    this.#network = network;
    this.#data = data;
    this.#config = config;
    this.#seed = seed;
    this.#device = device;
    this.#rule = updateRule(config.optimizer);
    this.#layout = layoutOf(network.raw);
    this.#outputs = network.raw.outputs[0]?.shape[1] ?? 1;
    this.#batches = new Batches(data, { outputs: this.#outputs, seed, config });
    this.#rate = new LearningRate(config);
    this.#smoothing = smoothingOf(config.labelSmoothing, this.#outputs);
    this.#rowFeeds = new RowFeeds(data, this.#batches, config.epochs, device);
    this.#signature = JSON.stringify([device, structureOf(model), inputLayout(data), this.#outputs]);
    this.#readNetwork();
  }

  /**
   * Compiles what is not in the thread's cache, and looks at the flag in between.
   * @throws Error where the network cannot be compiled; ConflictError `cancelled`
   */
  static async create(
    network: Network,
    model: ModelConfig,
    data: PreparedTable,
    config: TrainingConfig,
    seed: number,
    device = 'cpu',
    cancelled: Cancelled = never,
  ): Promise<CompiledTrainer> {
    const trainer = new CompiledTrainer(network, model, data, config, seed, device);
    await trainer.#step(trainer.#batchRows(), cancelled);
    if (cancelled()) throw taskCancelled();
    await trainer.#forward(trainer.#chunkRows(), cancelled);
    return trainer;
  }

  async epoch(epoch: number, cancelled: () => boolean): Promise<EpochEnd> {
    const { rows } = this.#data.parts.train;
    const order = new RowOrder(rows, this.#data.width, this.#seed, epoch);
    const batch = this.#batchRows();
    // The last, shorter batch is filled up with rows that count nothing; where rows see each other it is a run of its own.
    const whole = this.#rowsMeet() ? Math.floor(rows / batch) : Math.ceil(rows / batch);
    let sum = 0;
    for (let from = 0; from < whole;) {
      if (cancelled()) return { state: 'cancelled' };
      const count = Math.min(this.#sliceSteps(batch), whole - from);
      const loss = await this.#run(
        epoch,
        from,
        count,
        batch,
        order.range(from * batch, Math.min(rows, (from + count) * batch)),
      );
      if (!Number.isFinite(loss)) return { state: 'diverged' };
      sum += loss;
      from += count;
      // Lets messages in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const rest = order.range(whole * batch, rows);
    if (rest.length > 0) {
      if (cancelled()) return { state: 'cancelled' };
      const loss = await this.#run(epoch, whole, 1, rest.length, rest);
      if (!Number.isFinite(loss)) return { state: 'diverged' };
      sum += loss;
    }
    return { state: 'done', loss: sum / rows };
  }

  observe(improved: boolean): void {
    this.#rate.observe(improved);
  }

  async measure(part: PreparedPart, cancelled: Cancelled = never): Promise<Metrics> {
    const rows = this.#chunkRows();
    const program = await this.#forward(rows);
    const chunks = Math.ceil(part.rows / rows);
    const { width } = this.#data;
    const fits = chunks * rows * width <= SLICE_NUMBERS;
    const most = fits ? chunks : Math.max(1, Math.floor(PIECE_NUMBERS / (rows * width)));
    const outputs = new Float32Array(part.rows * this.#outputs);
    for (let from = 0; from < chunks;) {
      if (cancelled()) throw taskCancelled();
      const count = Math.min(most, timely(this.#chunkMs), chunks - from);
      const x = this.#rowsAt(part, from * rows, count * rows, fits ? chunks * rows : null);
      const started = performance.now();
      const { output } = await program.run({
        ...this.#weightFeeds(),
        x: { data: x, shape: [count, rows, ...inputShape(this.#data)] },
      });
      const start = from * rows * this.#outputs;
      if (output !== undefined) outputs.set(output.subarray(0, outputs.length - start), start);
      this.#chunkMs = slower(this.#chunkMs, (performance.now() - started) / count);
      from += count;
      if (from < chunks) await new Promise((resolve) => setImmediate(resolve));
    }
    return metricsOf(outputs, part, this.#data, this.#config.loss);
  }

  weights(): Weights {
    const all = this.#layout.shapes.map((shape) => new Float32Array(tf.util.sizeFromShape([...shape])));
    for (const { name, weights } of this.#layout.groups) {
      let start = 0;
      for (const i of weights) {
        const into = all[i] ?? new Float32Array();
        into.set((this.#state.get(name) ?? into).subarray(start, start + into.length));
        start += into.length;
      }
    }
    for (const i of this.#layout.others) all[i]?.set(this.#state.get(`weight${String(i)}`) ?? []);
    return all;
  }

  setWeights(weights: Weights): void {
    tf.tidy(() => {
      this.#network.raw.weights.forEach((weight, i) => {
        weight.write(tf.tensor(weights[i] ?? [], weight.shape as number[]));
      });
    });
    this.#fill(weights);
  }

  state(): TrainerState {
    this.#makeSlots();
    return {
      tensors: Object.fromEntries(this.#state),
      stepsDone: this.#stepsDone,
      rate: this.#rate.state(),
    };
  }

  restore({ tensors, stepsDone, rate }: TrainerState): void {
    this.#makeSlots();
    assertFits(tensors, Object.fromEntries(this.#state));
    for (const [name, numbers] of Object.entries(tensors)) this.#state.set(name, numbers);
    this.#stepsDone = stepsDone;
    this.#rate.restore(rate);
  }

  dispose(): void {
    // Programs belong to the thread's cache, the state to this object. What may be large is not left to it.
    this.#rowFeeds.dispose();
    this.#chunks.clear();
  }

  async #run(epoch: number, from: number, count: number, batch: number, order: Uint32Array): Promise<number> {
    const step = await this.#step(batch);
    const feeds = await threadClock.spend('batches', () => this.#feeds(epoch, from, count, batch, order));
    const started = performance.now();
    const outputs = await step.run(feeds);
    this.#stepMs = slower(this.#stepMs, (performance.now() - started) / count);
    this.#stepsDone += count;
    for (const name of this.#state.keys()) {
      const next = outputs[`next.${name}`];
      if (next !== undefined) this.#state.set(name, next);
    }
    let sum = 0;
    outputs['loss']?.forEach((loss, i) => {
      sum += loss * Math.min(batch, order.length - i * batch);
    });
    return sum;
  }

  #feeds(epoch: number, from: number, count: number, batch: number, order: Uint32Array): Feeds {
    const places = count * batch;
    const share = new Float32Array(places);
    for (let at = 0; at < order.length; at += batch) {
      const rows = Math.min(batch, order.length - at);
      share.fill(1 / rows, at, at + rows);
    }
    const feeds: Record<string, Feeds[string]> = {
      ...this.#stateFeeds(),
      ...this.#rowFeeds.feeds({ epoch, step: from }, count, batch, order),
      share: { data: share, shape: [count, batch] },
    };
    const fixed = (name: string, number: number): void => {
      feeds[name] = { data: Float32Array.of(number), shape: [] };
    };
    if (this.#smoothing !== null) {
      fixed('smoothing.keep', this.#smoothing.keep);
      fixed('smoothing.spread', this.#smoothing.spread);
    }
    if (this.#config.gradientClip !== null) fixed('clip', this.#config.gradientClip);
    // Of whole batches, also where the last, short one is a run of its own.
    const steps = Math.ceil(this.#data.parts.train.rows / this.#batchRows());
    const scalars = Array.from({ length: count }, (_, i) =>
      this.#rule.scalars(this.#rate.at(epoch, from + i, steps), this.#stepsDone + i + 1),
    );
    for (const name of Object.keys(scalars[0] ?? {})) {
      feeds[`update.${name}`] = {
        data: Float32Array.from(scalars, (each) => each[name] ?? 0),
        shape: [count],
      };
    }
    penaltiesOf(this.#network.raw).forEach(({ strength }, i) => {
      fixed(`penalty${String(i)}`, strength);
    });
    for (const mask of this.#network.masks) {
      this.#feedMask(feeds, mask, epoch, from, count, batch);
      if (mask.shift !== null) fixed(shiftName(mask.name), mask.shift);
    }
    return feeds;
  }

  /** A last, shorter batch takes the first rows of the mask of a whole one. */
  #feedMask(
    feeds: Record<string, Feeds[string]>,
    mask: Mask,
    epoch: number,
    from: number,
    count: number,
    batch: number,
  ): void {
    const { name } = mask;
    const rows = this.#batchRows();
    const pool = mask.pool(rows);
    const starts = Array.from({ length: count }, (_, i) => mask.start(rows, epoch, from + i));
    if (maskRole(mask, batch) === 'window') {
      feeds[name] = { data: pool, shape: [pool.length] };
      feeds[`${name}.starts`] = { data: BigInt64Array.from(starts, BigInt), shape: [count, 1] };
      return;
    }
    const shape = mask.shapeOf(batch);
    const size = tf.util.sizeFromShape([...shape]);
    const kept = this.#maskRoom.get(name);
    const room = kept !== undefined && kept.length >= count * size ? kept : new Float32Array(count * size);
    this.#maskRoom.set(name, room);
    starts.forEach((start, i) => {
      room.set(pool.subarray(start, start + size), i * size);
    });
    feeds[name] = { data: room.subarray(0, count * size), shape: [count, ...shape] };
  }

  #stateFeeds(): Record<string, Feeds[string]> {
    this.#makeSlots();
    const feeds = this.#weightFeeds();
    for (const { name, shape } of this.#layout.groups) {
      this.#rule.slots.forEach((_, i) => {
        const slot = slotName(name, i);
        feeds[slot] = { data: this.#state.get(slot) ?? new Float32Array(), shape };
      });
    }
    return feeds;
  }

  #weightFeeds(): Record<string, Feeds[string]> {
    const feeds: Record<string, Feeds[string]> = {};
    const put = (name: string, shape: readonly number[]): void => {
      feeds[name] = { data: this.#state.get(name) ?? new Float32Array(), shape };
    };
    for (const { name, shape } of this.#layout.groups) put(name, shape);
    for (const i of this.#layout.others) put(`weight${String(i)}`, this.#layout.shapes[i] ?? []);
    return feeds;
  }

  /**
   * Rows of a part, filled up with zeros. A part that is small enough is read once and kept: it is measured after every
   * epoch. @param whole its rows with those that fill it up; null where it is not to be kept
   */
  #rowsAt(part: PreparedPart, from: number, rows: number, whole: number | null): Float32Array {
    const { width } = this.#data;
    if (whole === null) return this.#read(part, from, rows);
    const known = this.#chunks.get(part) ?? this.#read(part, 0, whole);
    this.#chunks.set(part, known);
    return known.subarray(from * width, (from + rows) * width);
  }

  #read(part: PreparedPart, from: number, rows: number): Float32Array {
    const { width } = this.#data;
    const read = readRows(part.x, width, from, Math.min(part.rows, from + rows));
    const x = read.length === rows * width ? read : new Float32Array(rows * width);
    if (x !== read) x.set(read);
    return x;
  }

  #readNetwork(): void {
    this.#fill(this.#network.raw.weights.map((weight) => weight.read().dataSync<'float32'>()));
  }

  /** The optimiser's numbers, made when they are first needed: what only measures has none. */
  #makeSlots(): void {
    for (const { name, shape } of this.#layout.groups) {
      this.#rule.slots.forEach((initial, i) => {
        if (this.#state.has(slotName(name, i))) return;
        const slot = new Float32Array(tf.util.sizeFromShape([...shape]));
        // New memory is 0 without being touched.
        this.#state.set(slotName(name, i), initial === 0 ? slot : slot.fill(initial));
      });
    }
  }

  /** Weights that are not laid together are not copied: nobody writes into them, neither here nor in TensorFlow.js. */
  #fill(weights: Weights): void {
    for (const { name, weights: members, shape } of this.#layout.groups) {
      const [only] = members;
      if (members.length === 1 && only !== undefined) {
        this.#state.set(name, weights[only] ?? new Float32Array());
        continue;
      }
      const whole = new Float32Array(tf.util.sizeFromShape([...shape]));
      let start = 0;
      for (const i of members) {
        whole.set(weights[i] ?? [], start);
        start += weights[i]?.length ?? 0;
      }
      this.#state.set(name, whole);
    }
    for (const i of this.#layout.others)
      this.#state.set(`weight${String(i)}`, weights[i] ?? new Float32Array());
  }

  #batchRows(): number {
    return Math.min(this.#config.batchSize, this.#data.parts.train.rows);
  }

  #chunkRows(): number {
    const { validation, train } = this.#data.parts;
    // A refit has no validation rows: its training rows are measured instead.
    const { rows } = validation.rows === 0 ? train : validation;
    return pieceRows(this.#data.width, Math.min(MOST_CHUNK_ROWS, rows));
  }

  /** Statistics of a batch tie its rows together. */
  #rowsMeet(): boolean {
    return everyLayer(this.#network.raw).some(({ layer }) => layer.getClassName() === 'BatchNormalization');
  }

  #sliceSteps(batch: number): number {
    const carried = this.#network.masks.filter((mask) => maskRole(mask, batch) === 'step');
    const numbers = carried.reduce(
      (sum, mask) => sum + tf.util.sizeFromShape([...mask.shapeOf(batch)]),
      batch * (this.#rowFeeds.copiedWidth + this.#outputs),
    );
    const most = Math.max(1, Math.floor(SLICE_NUMBERS / numbers));
    return Math.min(most, timely(this.#stepMs));
  }

  #step(batch: number, cancelled: Cancelled = never): Promise<CompiledProgram> {
    const { loss, gradientClip } = this.#config;
    const { weighted } = this.#batches;
    const rowChanges = this.#rowFeeds.changes;
    const options = [loss, gradientClip !== null, this.#smoothing !== null, weighted, rowChanges];
    const signature = JSON.stringify([this.#signature, this.#rule.structure, options, batch]);
    return steps.get(signature, async () => {
      const traced = await traceStep(this.#network, this.#layout, this.#rule, this.#config, batch, {
        weighted,
        rowChanges,
      });
      if (cancelled()) throw taskCancelled();
      return CompiledProgram.create(traced.graph, traced.roles, this.#device);
    });
  }

  #forward(rows: number, cancelled: Cancelled = never): Promise<CompiledProgram> {
    return forwards.get(JSON.stringify([this.#signature, rows]), async () => {
      const { graph, roles } = await traceForward(this.#network, this.#layout, rows);
      if (cancelled()) throw taskCancelled();
      return CompiledProgram.create(graph, roles, this.#device);
    });
  }
}

/** How many runs of a length fit between two looks at the cancel flag. How long one takes is known after the first. */
function timely(eachMs: number): number {
  return eachMs === 0 ? 1 : Math.max(1, Math.floor(SLICE_MS / eachMs));
}

/** A slow run counts at once, a fast one little by little. */
function slower(beforeMs: number, nowMs: number): number {
  return beforeMs === 0 ? nowMs : Math.max(nowMs, beforeMs / 2);
}
