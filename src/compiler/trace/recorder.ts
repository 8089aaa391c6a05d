import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '../../core/errors';
import {
  constantOf,
  operation,
  sameShape,
  type Attributes,
  type Constant,
  type DataType,
  type Operation,
  type Value,
} from '../ir';

/** What the kernel rules write to: one trace's operations and constants, in order. */
export class Recording {
  readonly operations: Operation[] = [];
  readonly constants: Constant[] = [];
  readonly #most: number;

  /** @param most operations that it takes */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** @throws InternalError `too_many_operations` */
  op(kind: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    if (this.operations.length >= this.#most) {
      const message = `a step takes more than ${String(this.#most)} operations, as a recurrent layer over a long sequence does`;
      throw new InternalError('too_many_operations', message);
    }
    const made = operation(kind, inputs, attributes);
    this.operations.push(made);
    return made.output;
  }

  constant(dtype: DataType, shape: readonly number[], data: ArrayLike<number>): Value {
    const made = constantOf(dtype, shape, data);
    this.constants.push(made);
    return made.value;
  }

  scalar(value: number, dtype: DataType = 'float32'): Value {
    return this.constant(dtype, [], [value]);
  }

  reshape(value: Value, shape: readonly number[]): Value {
    return sameShape(value.type.shape, shape) ? value : this.op('Reshape', [value], { shape });
  }

  transpose(value: Value, permutation: readonly number[]): Value {
    return this.op('Transpose', [value], { permutation });
  }

  cast(value: Value, to: DataType): Value {
    return value.type.dtype === to ? value : this.op('Cast', [value], { to });
  }
}

interface Entry {
  /** Made from `data` when something takes it. */
  value: Value | null;
  readonly data: {
    readonly dtype: DataType;
    readonly shape: readonly number[];
    readonly values: ArrayLike<number>;
  } | null;
  readonly maker: string;
}

const TYPES: Readonly<Record<string, DataType>> = { float32: 'float32', int32: 'int32', bool: 'bool' };

export const BACKEND = 'trace';

/**
 * A TensorFlow.js backend that computes nothing: its kernels append operations to a recording. Constants live here as
 * numbers; a traced value has none, and asking for them is an error that names who made it.
 */
export class Recorder extends tf.KernelBackend {
  recording = new Recording();
  readonly #entries = new WeakMap<object, Entry>();

  override numDataIds(): number {
    return 0;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override timerAvailable(): boolean {
    return false;
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {
    // Entries live as long as their identifiers do.
  }
  decRef(): void {
    // See incRef.
  }
  override refCount(): number {
    return 1;
  }

  override write(values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): object {
    const id = {};
    this.#keep(id, values, shape, dtype);
    return id;
  }

  override move(id: object, values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): void {
    this.#keep(id, values, shape, dtype);
  }

  override readSync(id: object): tf.BackendValues {
    const entry = this.#entries.get(id);
    if (entry?.data == null) {
      throw new InternalError(
        'data_dependent',
        `the network asks for numbers of ${entry?.maker ?? 'a tensor'} while it is traced`,
      );
    }
    return entry.data.values as tf.BackendValues;
  }

  override read(id: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(id));
  }

  /** The IR value behind a tensor. @throws InternalError `outside_trace` for larger tensors that were made elsewhere */
  valueAt({ dataId, shape, dtype }: tf.TensorInfo): Value {
    let entry = this.#entries.get(dataId);
    if (entry === undefined) {
      if (tf.util.sizeFromShape(shape) > 1) {
        throw new InternalError('outside_trace', `a tensor [${shape.join()}] was made outside the trace`);
      }
      const values = tf.engine().readSync(dataId) as ArrayLike<number>;
      entry = { value: null, data: { dtype: typeOf(dtype), shape, values }, maker: 'constant' };
    }
    const { data } = entry;
    entry.value ??= data === null ? null : this.recording.constant(data.dtype, data.shape, data.values);
    if (entry.value === null) throw new InternalError('outside_trace', 'a tensor has no value');
    return this.recording.reshape(entry.value, shape);
  }

  /** A tensor's description for a value; `maker` is named where somebody asks for its numbers. */
  infoOf(value: Value, maker: string): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { value, data: null, maker });
    const dtype = value.type.dtype === 'int64' ? 'int32' : value.type.dtype;
    return { dataId, shape: [...value.type.shape], dtype };
  }

  tensorOf(value: Value, maker: string): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.infoOf(value, maker));
  }

  #keep(id: object, values: tf.BackendValues | null, shape: readonly number[], dtype: tf.DataType): void {
    const numbers = (values ?? new Float32Array(tf.util.sizeFromShape([...shape]))) as ArrayLike<number>;
    this.#entries.set(id, {
      value: null,
      data: { dtype: typeOf(dtype), shape, values: numbers },
      maker: 'constant',
    });
  }
}

export function typeOf(dtype: string): DataType {
  const type = TYPES[dtype];
  if (type === undefined) throw new InternalError('unsupported_type', `tensors of ${dtype} are not compiled`);
  return type;
}
