import { print, type Graph, type Value } from '../../../src/compiler/ir';
import { optimise, PASSES, type PassName } from '../../../src/compiler/passes';
import { Builder } from '../build';

/** What is left of a graph after one pass and dead code; both as text. */
function after(pass: PassName, graph: Graph): string {
  return print(PASSES.deadCode(PASSES[pass](graph)));
}

function text(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

describe('dead code', () => {
  it('is what no output needs; inputs stay', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', [2]), b.input('unused', [2])];
    b.op('Add', [y, b.constant([], [7])]);
    expect(print(PASSES.deadCode(b.graph({ out: b.op('Relu', [x]) })))).toBe(
      text(
        'input  %x: float32[2]',
        'input  %unused: float32[2]',
        '%0: float32[2] = Relu(%x)',
        'output out = %0',
      ),
    );
  });
});

describe('layouts', () => {
  it('make one reshape of a chain, and none of a circle', () => {
    const b = new Builder();
    const x = b.input('x', [2, 3]);
    const flat = b.op('Reshape', [x], { shape: [6] });
    const tall = b.op('Reshape', [flat], { shape: [3, 2] });
    const back = b.op('Reshape', [tall], { shape: [2, 3] });
    const out = b.op('Add', [tall, tall]);
    expect(after('layouts', b.graph({ back, out }))).toBe(
      text(
        'input  %x: float32[2×3]',
        '%0: float32[3×2] = Reshape(%x) {shape=[3,2]}',
        '%1: float32[3×2] = Add(%0, %0)',
        'output back = %x',
        'output out = %1',
      ),
    );
  });

  it('move a transpose behind an elementwise operation, where it meets its opposite', () => {
    const b = new Builder();
    const x = b.input('x', [2, 3, 4]);
    const there = b.op('Transpose', [x], { permutation: [0, 2, 1] });
    const sum = b.op('Add', [there, b.constant([3], [1, 2, 3])]);
    const back = b.op('Transpose', [b.op('Relu', [sum])], { permutation: [0, 2, 1] });
    expect(print(optimise(b.graph({ back })))).toBe(
      text(
        'input  %x: float32[2×3×4]',
        'const  #0: float32[3] = 1, 2, 3',
        '%0: float32[1×3×1] = Reshape(#0) {shape=[1,3,1]}',
        '%1: float32[2×3×4] = Add(%x, %0)',
        '%2: float32[2×3×4] = Relu(%1)',
        'output back = %2',
      ),
    );
  });

  it('keep a transpose under a reduction', () => {
    const b = new Builder();
    const there = b.op('Transpose', [b.input('x', [2, 3])], { permutation: [1, 0] });
    const out = b.op('ReduceSum', [there], { axes: [0], keepDims: false });
    expect(after('layouts', b.graph({ out }))).toContain('Transpose');
  });

  it('make a reshape of a transpose that moves no numbers', () => {
    const b = new Builder();
    const out = b.op('Transpose', [b.input('x', [1, 2, 3])], { permutation: [1, 0, 2] });
    expect(after('layouts', b.graph({ out }))).toContain('Reshape(%x) {shape=[2,1,3]}');
  });
});

/** Row losses as TensorFlow.js has them, of logits [2, 3]. */
function crossEntropy(b: Builder, x: Value): Value {
  const most = b.op('ReduceMax', [x], { axes: [1], keepDims: true });
  const sum = b.op('ReduceSum', [b.op('Exp', [b.op('Sub', [x, most])])], { axes: [1], keepDims: false });
  const total = b.op('Add', [b.op('Reshape', [most], { shape: [2] }), b.op('Log', [sum])]);
  return b.op('Sub', [x, b.op('Reshape', [total], { shape: [2, 1] })]);
}

describe('the logarithm of a softmax', () => {
  const single = text(
    'input  %x: float32[2×3]',
    '%0: float32[2×3] = LogSoftmax(%x) {axis=1}',
    'output out = %0',
  );

  it('is one operation, in the form of the cross-entropy', () => {
    const b = new Builder();
    expect(after('logSoftmax', b.graph({ out: crossEntropy(b, b.input('x', [2, 3])) }))).toBe(single);
  });

  it('is one operation, in the form of logSoftmax', () => {
    const b = new Builder();
    const x = b.input('x', [2, 3]);
    const shifted = b.op('Sub', [x, b.op('ReduceMax', [x], { axes: [1], keepDims: true })]);
    const sum = b.op('ReduceSum', [b.op('Exp', [shifted])], { axes: [1], keepDims: true });
    expect(after('logSoftmax', b.graph({ out: b.op('Sub', [shifted, b.op('Log', [sum])]) }))).toBe(single);
  });

  it.each([
    ['another axis', { most: 0, sum: 0 }, 'x'],
    ['sums over another axis than the maximum', { most: 1, sum: 0 }, 'x'],
    ['the sum of another value', { most: 1, sum: 1 }, 'z'],
  ])('is not taken for one over %s', (_, axes, of) => {
    const b = new Builder();
    const values = { x: b.input('x', [3, 3]), z: b.input('z', [3, 3]) };
    const most = (value: Value): Value => b.op('ReduceMax', [value], { axes: [axes.most], keepDims: true });
    const shifted = b.op('Sub', [values.x, most(values.x)]);
    const other = of === 'x' ? shifted : b.op('Sub', [values.z, most(values.z)]);
    const sum = b.op('ReduceSum', [b.op('Exp', [other])], { axes: [axes.sum], keepDims: true });
    const graph = b.graph({ out: b.op('Sub', [shifted, b.op('Log', [sum])]) });
    expect(after('logSoftmax', graph)).not.toContain('LogSoftmax');
  });
});

describe('the condition of a ReLU’s gradient', () => {
  it.each([
    [0, '%1: bool[2] = Greater(%0, #0)'],
    [1, '%1: bool[2] = Greater(%x, #0)'],
  ])('is taken behind it where it compares with %d', (bound, line) => {
    const b = new Builder();
    const x = b.input('x', [2]);
    const graph = b.graph({ y: b.op('Relu', [x]), out: b.op('Greater', [x, b.constant([], [bound])]) });
    expect(after('reluConditions', graph)).toContain(line);
  });
});

describe('the passes together', () => {
  const graph = (): Graph => {
    const b = new Builder();
    const x = b.input('x', [2]);
    b.op('Sqrt', [x]);
    return b.graph({ out: b.op('Reshape', [x], { shape: [2] }) });
  };

  it('can be switched off one by one', () => {
    expect(print(optimise(graph(), ['layouts']))).toContain('Reshape(');
    expect(print(optimise(graph(), ['deadCode']))).toContain('Sqrt(');
    expect(optimise(graph()).operations).toHaveLength(0);
  });

  it('are verified, each by its name', () => {
    const broken = graph();
    const stray = {
      ...broken,
      outputs: [{ name: 'out', value: { type: { dtype: 'float32', shape: [] } as const } }],
    };
    expect(() => optimise(stray)).toThrow('after deadCode: output out is never made');
    expect(() => optimise(stray, ['deadCode'])).toThrow('after layouts: output out is never made');
  });
});
