import { streamOf } from '../../src/core/random';
import { bareInput, type FittedTarget, type PreparedPart, type PreparedTable } from '../../src/datasets';

export interface GeneratedTable {
  readonly task: 'binary' | 'regression';
  readonly train?: number;
  readonly validation?: number;
  readonly width?: number;
  /** The signal of a row, of inputs of standard normal columns. */
  readonly signal: (x: Float32Array) => number;
  readonly noise?: number;
  /** Changes the inputs after the signal was made of them. */
  readonly distort?: (value: number, column: number) => number;
  /** Binary: the row is the second class where its signal exceeds this. */
  readonly above?: number;
}

/** A prepared table as it reaches training, made of standard normal columns. */
export function generatedTable(given: GeneratedTable): PreparedTable {
  const { task, train = 300, validation = 150, width = 6, above = 0 } = given;
  const stream = streamOf(5, 'generated');
  const part = (rows: number): PreparedPart => {
    const x = Float32Array.from({ length: rows * width }, () => stream.normal());
    const y = Float32Array.from({ length: rows }, (_, i) => {
      const value =
        given.signal(x.subarray(i * width, (i + 1) * width)) + (given.noise ?? 0.2) * stream.normal();
      return task === 'binary' ? Number(value > above) : value;
    });
    const { distort } = given;
    if (distort !== undefined) x.forEach((value, i) => (x[i] = distort(value, i % width)));
    return { rows, x, y };
  };
  const parts = { train: part(train), validation: part(validation), test: part(validation) };
  const mean = parts.train.y.reduce((sum, value) => sum + value, 0) / train;
  const deviation = Math.sqrt(parts.train.y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / train);
  if (task === 'regression') {
    for (const { y } of Object.values(parts)) y.forEach((value, i) => (y[i] = (value - mean) / deviation));
  }
  const target: FittedTarget =
    task === 'binary'
      ? { kind: 'classes', name: 'y', labels: ['no', 'yes'], type: 'categorical', priors: [1 - mean, mean] }
      : { kind: 'value', name: 'y', mean, tail: null, bounds: [-1e9, 1e9], deviation, preparedMean: 0 };
  return {
    width,
    fitted: {
      format: 'tuneloom-preprocessing',
      version: 3,
      task,
      inputs: [bareInput(Array.from({ length: width }, (_, i) => `x${String(i)}`))],
      target,
      unused: [],
    },
    parts,
  };
}
