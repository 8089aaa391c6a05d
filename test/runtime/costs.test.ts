import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { costsIn, readStored } from '../../src/runtime/costs/costs';
import { probedIn } from '../../src/runtime/tensorflow/probe';
import { estimate, workOf } from '../../src/runtime/costs/work';

describe('the work of a training step', () => {
  it('counts the multiplications of matrix products, whichever side is transposed', () => {
    const call = (a: number[], b: number[], out: number[]): number =>
      workOf([{ name: 'BatchMatMul', inputs: [a, b], outputs: [out] }]).products;
    expect(call([32, 20], [20, 64], [32, 64])).toBe(32 * 20 * 64);
    expect(call([32, 20], [32, 64], [20, 64])).toBe(32 * 20 * 64);
    expect(call([5, 4, 3], [5, 3, 2], [5, 4, 2])).toBeCloseTo(5 * 4 * 3 * 2);
  });

  it('counts those of products with a transposed side by themselves, for an engine may be slow at them', () => {
    const square = [64, 64];
    const call = { name: '_FusedMatMul', inputs: [square, square], outputs: [square] };
    expect(workOf([call, { ...call, transposed: true }])).toMatchObject({
      products: 64 ** 3,
      transposed: 64 ** 3,
    });
  });

  it('counts a convolution the same forward and backward', () => {
    const [x, filter, y] = [
      [8, 28, 28, 3],
      [5, 5, 3, 16],
      [8, 24, 24, 16],
    ];
    const products = 8 * 24 * 24 * 16 * 5 * 5 * 3;
    const call = (name: string, a: number[] = [], b: number[] = [], out: number[] = []): number =>
      workOf([{ name, inputs: [a, b], outputs: [out] }]).convolved;
    expect(call('Conv2D', x, filter, y)).toBe(products);
    expect(call('FusedConv2D', x, filter, y)).toBe(products);
    expect(call('Conv2DBackpropFilter', x, y, filter)).toBe(products);
    expect(call('Conv2DBackpropInput', y, filter, x)).toBe(products);
  });

  it('counts calls, and the numbers of everything else', () => {
    const add = { name: 'Add', inputs: [[4, 3], [3]], outputs: [[4, 3]] };
    const sum = { name: 'Sum', inputs: [[4, 3]], outputs: [[]] };
    expect(workOf([add, sum])).toEqual({
      calls: 2,
      products: 0,
      transposed: 0,
      convolved: 0,
      numbers: 15 + 12,
    });
  });

  it('costs what the machine was measured to take', () => {
    const work = { calls: 100, products: 1e6, transposed: 3e6, convolved: 2e6, numbers: 1e5 };
    const costs = { call: 10_000, product: 0.1, transposed: 0.5, convolved: 0.2, number: 1 };
    expect(estimate(work, costs)).toBeCloseTo(1 + 0.1 + 1.5 + 0.4 + 0.1);
  });
});

const ENGINE = { call: 1, product: 2, transposed: 5, convolved: 3, number: 4 };
const COSTS = { tensorflow: ENGINE, wasm: ENGINE };

describe('what a process with a native library says', () => {
  it('is read', () => {
    expect(costsIn(JSON.stringify(COSTS))).toEqual(COSTS);
    expect(probedIn('{"version":"2.18.0","gpu":false}')).toEqual({ version: '2.18.0', gpu: false });
  });

  it.each([
    '',
    'oneDNN is on\n{"version":"2.18.0","gpu":false}',
    'null',
    '{"tensorflow":{},"wasm":null}',
    '[]',
  ])('is nothing where the library has its say too, or it is something else: %j', (stdout) => {
    expect(costsIn(stdout)).toBeNull();
    expect(probedIn(stdout)).toBeNull();
  });
});

describe('stored costs', () => {
  it.each([
    [{ machine: 'a', costs: COSTS }, true],
    [{ machine: 'a', costs: { ...COSTS, wasm: { call: 1 } } }, false],
    // As they were before transposed products were measured.
    [{ machine: 'a', costs: { ...COSTS, wasm: { ...ENGINE, transposed: undefined } } }, false],
    [{ machine: 'a' }, false],
    [null, false],
  ])('are used where they have their shape: %j', async (stored, isUsed) => {
    const folder = await mkdtemp(join(tmpdir(), 'tuneloom-costs-'));
    try {
      const file = join(folder, 'costs.json');
      await writeFile(file, JSON.stringify(stored));
      expect(await readStored(file)).toEqual(isUsed ? stored : null);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
