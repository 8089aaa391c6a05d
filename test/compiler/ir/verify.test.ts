import { operation, valueOf, verify, type Graph } from '../../../src/compiler/ir';
import { Builder } from '../build';

function square(): Graph {
  const b = new Builder();
  const x = b.input('x', [2]);
  return b.graph({ y: b.op('Mul', [x, x]) });
}

describe('the verifier of graphs', () => {
  it('gives a sound graph back', () => {
    const graph = square();
    expect(verify(graph, 'the test')).toBe(graph);
  });

  it('names the pass, the place and the operation that takes a value before it is made', () => {
    const graph = square();
    const stray = operation('Relu', [valueOf('float32', [2])]);
    expect(() => verify({ ...graph, operations: [...graph.operations, stray] }, 'layouts')).toThrow(
      'after layouts: operation 1, Relu, takes a value that is not there yet',
    );
  });

  it('refuses a value that is made twice', () => {
    const graph = square();
    expect(() => verify({ ...graph, operations: [...graph.operations, ...graph.operations] }, 'x')).toThrow(
      /operation 1, Mul, is made twice/,
    );
  });

  it('refuses an output of another type than its operation gives', () => {
    const graph = square();
    const [made] = graph.operations;
    if (made === undefined) throw new Error('no operation');
    const lying = { ...made, output: valueOf('float32', [3]) };
    const outputs = [{ name: 'y', value: lying.output }];
    expect(() => verify({ ...graph, operations: [lying], outputs }, 'x')).toThrow(
      /Mul, gives float32\[2\], not what is stated/,
    );
  });

  it('refuses a constant of another size than its shape', () => {
    const value = valueOf('float32', [3]);
    const constants = [{ value, data: Float32Array.of(1) }];
    expect(() => verify({ ...square(), constants }, 'x')).toThrow(/constant 0 has another size/);
  });

  it('refuses outputs that nobody makes, and two ports of one name', () => {
    const graph = square();
    const outputs = [...graph.outputs, { name: 'z', value: valueOf('float32', []) }];
    expect(() => verify({ ...graph, outputs }, 'x')).toThrow(/output z is never made/);
    expect(() => verify({ ...graph, outputs: [...graph.outputs, ...graph.outputs] }, 'x')).toThrow(
      /one name/,
    );
  });
});

describe('an operation', () => {
  const [matrix, list] = [valueOf('float32', [2, 3]), valueOf('float32', [4])];

  it.each<[string, () => unknown, RegExp]>([
    [
      'shapes that do not broadcast',
      () => operation('Add', [matrix, list]),
      /\[2,3\] and \[4\] do not broadcast/,
    ],
    ['other types', () => operation('Add', [matrix, valueOf('int32', [3])]), /float32 and int32/],
    ['matrices that do not fit', () => operation('Gemm', [matrix, matrix]), /inner sizes 3 and 2/],
    [
      'a reshape to another size',
      () => operation('Reshape', [matrix], { shape: [5] }),
      /cannot become \[5\]/,
    ],
    [
      'what is no permutation',
      () => operation('Transpose', [matrix], { permutation: [0, 0] }),
      /no permutation/,
    ],
    ['a slice outside', () => operation('Slice', [list], { starts: [1], ends: [9] }), /not inside \[4\]/],
    ['an axis that is not there', () => operation('ReduceSum', [list], { axes: [1] }), /axes 1/],
    ['a missing input', () => operation('Where', [matrix]), /input 1 is missing/],
    ['a missing attribute', () => operation('Reshape', [matrix]), /attribute shape must be a list/],
    ['an unknown kind', () => operation('Guess', [matrix]), /there is no operation Guess/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it('is frozen, with its output worked out', () => {
    const made = operation('Gemm', [matrix, matrix], { transB: true });
    expect(made.output.type).toEqual({ dtype: 'float32', shape: [2, 2] });
    expect([made, made.inputs, made.attributes, made.output.type.shape].every(Object.isFrozen)).toBe(true);
  });
});
