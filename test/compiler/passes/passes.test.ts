import { print, type Graph } from '../../../src/compiler/ir';
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

describe('constants', () => {
  it('are folded', () => {
    const b = new Builder();
    const sum = b.op('Add', [b.constant([], [2]), b.constant([], [3])]);
    const graph = b.graph({ out: b.op('Mul', [b.input('x', [2]), sum]) });
    expect(after('constants', graph)).toBe(
      text(
        'input  %x: float32[2]',
        'const  #0: float32[] = 5',
        '%0: float32[2] = Mul(%x, #0)',
        'output out = %0',
      ),
    );
  });

  it.each<[string, number, boolean]>([
    ['Add', 0, true],
    ['Sub', 0, false],
    ['Mul', 1, true],
    ['Div', 1, false],
  ])('leave %s out where they change nothing', (kind, neutral, commutes) => {
    const b = new Builder();
    const [x, none] = [b.input('x', [2]), b.op('Expand', [b.constant([], [neutral])], { shape: [2] })];
    const [first, second] = [b.op(kind, [x, none]), b.op(kind, [none, x])];
    const left = after('constants', b.graph({ first, second }));
    expect(left).toContain('output first = %x');
    expect(left.includes('output second = %x')).toBe(commutes);
  });

  it('keep a sum that gives a larger shape', () => {
    const b = new Builder();
    const zeros = b.op('Expand', [b.constant([], [0])], { shape: [3, 2] });
    expect(after('constants', b.graph({ out: b.op('Add', [b.input('x', [2]), zeros]) }))).toContain('Add(');
  });

  it('of one number are broadcast as a scalar', () => {
    const b = new Builder();
    const table = b.op('Expand', [b.constant([], [2])], { shape: [3, 2] });
    expect(after('constants', b.graph({ out: b.op('Max', [b.input('x', [3, 2]), table]) }))).toBe(
      text(
        'input  %x: float32[3×2]',
        'const  #0: float32[] = 2',
        '%0: float32[3×2] = Max(%x, #0)',
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

describe('common subexpressions', () => {
  it('are made once, those of equal constants too', () => {
    const b = new Builder();
    const x = b.input('x', [2]);
    const [a, c] = [b.op('Mul', [x, b.constant([], [2])]), b.op('Mul', [x, b.constant([], [2])])];
    expect(after('commonSubexpressions', b.graph({ out: b.op('Add', [a, c]) }))).toBe(
      text(
        'input  %x: float32[2]',
        'const  #0: float32[] = 2',
        '%0: float32[2] = Mul(%x, #0)',
        '%1: float32[2] = Add(%0, %0)',
        'output out = %1',
      ),
    );
  });

  it('are told apart by attributes, by the order of inputs and by the signs of zeros', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', [2, 2]), b.input('y', [2, 2])];
    const outputs = {
      rows: b.op('ReduceSum', [x], { axes: [0], keepDims: false }),
      columns: b.op('ReduceSum', [x], { axes: [1], keepDims: false }),
      one: b.op('Sub', [x, y]),
      other: b.op('Sub', [y, x]),
      up: b.op('Div', [x, b.constant([], [0])]),
      down: b.op('Div', [x, b.constant([], [-0])]),
    };
    const graph = b.graph(outputs);
    expect(PASSES.commonSubexpressions(graph).operations).toHaveLength(graph.operations.length);
  });
});

describe('selections', () => {
  it('stand for a product with a condition', () => {
    const b = new Builder();
    const x = b.input('x', [2]);
    const positive = b.op('Greater', [x, b.constant([], [0])]);
    const out = b.op('Mul', [b.input('dy', [2]), b.op('Cast', [positive], { to: 'float32' })]);
    expect(after('selections', b.graph({ out }))).toBe(
      text(
        'input  %x: float32[2]',
        'input  %dy: float32[2]',
        'const  #0: float32[] = 0',
        'const  #1: float32[] = 0',
        '%0: bool[2] = Greater(%x, #0)',
        '%1: float32[2] = Where(%0, %dy, #1)',
        'output out = %1',
      ),
    );
  });
});

describe('the passes together', () => {
  const graph = (): Graph => {
    const b = new Builder();
    const x = b.input('x', [2]);
    b.op('Sqrt', [x]);
    return b.graph({ out: b.op('Add', [x, b.constant([], [0])]) });
  };

  it('can be switched off one by one', () => {
    expect(print(optimise(graph(), ['constants']))).toContain('Add(');
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
    expect(() => optimise(stray, ['deadCode'])).toThrow('after constants: output out is never made');
  });
});
