import { onnx } from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import { plainModel, scanModel } from '../../../src/compiler';
import type { Graph } from '../../../src/compiler/ir';
import { Message } from '../../../src/compiler/onnx/protobuf';
import { Builder } from '../build';

/** The weights' next value has the name that they come in with where a loop carries them. */
const example = (next: string): Graph => {
  const b = new Builder();
  const [x, w] = [b.input('x', [2, 3]), b.input('w', [3])];
  const scaled = b.op('Mul', [x, w]);
  const sum = b.op('ReduceSum', [scaled], { axes: [1], keepDims: false });
  const clipped = b.op('Clip', [sum], { min: -1, max: 6 });
  const ids = b.op('Cast', [b.op('Greater', [w, b.constant([], [0])])], { to: 'float32' });
  return b.graph({ [next]: b.op('Add', [w, ids]), y: clipped });
};

describe('a Protocol Buffers message', () => {
  it('is what a reader of ONNX reads', () => {
    const attribute = new Message().text(1, 'größe').float(2, -0.5).int(3, -3).int(20, 2);
    for (const item of [0, 127, 128, 300, Number.MAX_SAFE_INTEGER]) attribute.int(8, item);
    const node = new Message().text(1, 'in').text(2, 'out').text(4, 'Kind').message(5, attribute);
    const read = onnx.NodeProto.decode(node.finish());
    expect([read.input, read.output, read.opType]).toEqual([['in'], ['out'], 'Kind']);
    const [found] = read.attribute;
    expect([found?.name, found?.f, Number(found?.i)]).toEqual(['größe', -0.5, -3]);
    expect(found?.ints?.map(Number)).toEqual([0, 127, 128, 300, Number.MAX_SAFE_INTEGER]);
  });
});

describe('a graph as an ONNX model', () => {
  it('has its inputs, outputs, constants and nodes', () => {
    const { graph, opsetImport, irVersion } = onnx.ModelProto.decode(plainModel(example('next')));
    expect([Number(irVersion), Number(opsetImport[0]?.version)]).toEqual([9, 18]);
    expect(graph?.input?.map(({ name }) => name)).toEqual(['x', 'w']);
    expect(graph?.output?.map(({ name }) => name)).toEqual(['next', 'y']);
    const sizes = graph?.input?.[0]?.type?.tensorType?.shape?.dim?.map(({ dimValue }) => Number(dimValue));
    expect(sizes).toEqual([2, 3]);
    expect(graph?.node?.map(({ opType }) => opType).slice(0, 6)).toEqual([
      ...['Mul', 'ReduceSum', 'Clip', 'Greater', 'Cast', 'Add'],
    ]);
    const names = new Set([
      ...(graph?.input ?? []).map(({ name }) => name),
      ...(graph?.initializer ?? []).map(({ name }) => name),
    ]);
    for (const { input, output } of graph?.node ?? []) {
      expect((input ?? []).filter((name) => name !== '' && !names.has(name))).toEqual([]);
      for (const name of output ?? []) names.add(name);
    }
  });

  it('computes what the graph says', async () => {
    const session = await ort.InferenceSession.create(plainModel(example('next')));
    const { next, y } = await session.run({
      x: new ort.Tensor('float32', [1, 2, 3, -4, -5, -6], [2, 3]),
      w: new ort.Tensor('float32', [1, 0, 2], [3]),
    });
    expect([next?.data, y?.data].map((data) => Array.from(data as Float32Array))).toEqual([
      [2, 0, 3],
      [6, -1],
    ]);
  });
});

describe('a step as the body of a scan', () => {
  it('carries its states, takes a slice for each step, and stacks what else it gives', async () => {
    const bytes = scanModel(example('w'), { x: 'step', w: 'state' });
    const { graph } = onnx.ModelProto.decode(bytes);
    expect(graph?.node?.map(({ opType }) => opType)).toEqual(['Scan']);
    expect(graph?.input?.map(({ name }) => name)).toEqual(['x', 'w']);
    expect(graph?.output?.map(({ name }) => name)).toEqual(['next.w', 'y']);
    const session = await ort.InferenceSession.create(bytes);
    const result = await session.run({
      x: new ort.Tensor('float32', [1, 1, 1, 2, 2, 2, 1, 1, 1, 0, 0, 0], [2, 2, 3]),
      w: new ort.Tensor('float32', [1, 0, 0.5], [3]),
    });
    expect(Array.from(result['next.w']?.data as Float32Array)).toEqual([3, 0, 2.5]);
    // The second step sees the weights of the first.
    expect(Array.from(result['y']?.data as Float32Array)).toEqual([1.5, 3, 3.5, 0]);
    expect(result['y']?.dims).toEqual([2, 2]);
  });

  it('takes a window of a pool that begins somewhere else at every step', async () => {
    const b = new Builder();
    const [x, mask] = [b.input('x', [2]), b.input('mask', [2])];
    const graph = b.graph({ y: b.op('Mul', [x, mask]) });
    const session = await ort.InferenceSession.create(scanModel(graph, { x: 'fixed', mask: 'window' }));
    const { y } = await session.run({
      x: new ort.Tensor('float32', [1, 10], [2]),
      mask: new ort.Tensor('float32', [1, 2, 3, 4], [4]),
      'mask.starts': new ort.Tensor('int64', [2n, 0n], [2, 1]),
    });
    expect(Array.from(y?.data as Float32Array)).toEqual([3, 40, 1, 20]);
  });

  it('takes rows out of a table of any length, others at every step', async () => {
    const b = new Builder();
    const [w, x] = [b.input('w', [2]), b.input('x', [3, 2])];
    const graph = b.graph({ y: b.op('Mul', [x, w]) });
    const session = await ort.InferenceSession.create(scanModel(graph, { w: 'fixed', x: 'gathered' }));
    const { y } = await session.run({
      w: new ort.Tensor('float32', [1, 10], [2]),
      x: new ort.Tensor('float32', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2]),
      'x.rows': new ort.Tensor('int32', [3, 0, 0, 1, 2, 3], [2, 3]),
    });
    expect(Array.from(y?.data as Float32Array)).toEqual([7, 80, 1, 20, 1, 20, 3, 40, 5, 60, 7, 80]);
  });
});
