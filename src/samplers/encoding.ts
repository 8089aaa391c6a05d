import type { Params } from '../core/trial';
import type { RandomStream } from '../core/random';
import { assemble, axes, sample, type Axis, type Space } from '../space';

/**
 * A point as numbers, one per axis of the space: the middle of the value's cell in [0, 1], the index of a category,
 * NaN where the hole is not active.
 */
export type Code = Float64Array;

/** Points of one space as codes, and back. */
export class Encoding {
  readonly space: Space;
  readonly axes: readonly Axis[];
  /** Number of options of a category, 0 for a number. */
  readonly categories: Int32Array;
  /** Number of values of a lattice, 0 for a continuous axis and for a category. */
  readonly counts: Float64Array;
  readonly #codes = new WeakMap<Params, Code>();
  readonly #index: ReadonlyMap<string, number>;

  constructor(space: Space) {
    this.space = space;
    this.axes = axes(space);
    this.categories = Int32Array.from(this.axes, (axis) =>
      axis.kind === 'category' ? axis.options.length : 0,
    );
    this.counts = Float64Array.from(this.axes, (axis) => (axis.kind === 'number' ? (axis.count ?? 0) : 0));
    this.#index = new Map(this.axes.map(({ name }, i) => [name, i]));
  }

  get size(): number {
    return this.axes.length;
  }

  /** The same array again for the same object; not to be changed. */
  encode(params: Params): Code {
    const known = this.#codes.get(params);
    if (known !== undefined) return known;
    const code = Float64Array.from(this.axes, (axis) => {
      const value = Object.hasOwn(params, axis.name) ? params[axis.name] : undefined;
      if (value === undefined) return NaN;
      if (axis.kind === 'category') return axis.options.indexOf(value);
      const [low, high] = axis.cell(value as number);
      return (low + high) / 2;
    });
    this.#codes.set(params, code);
    return code;
  }

  /** The cell in [0, 1] of the value nearest to `unit`; both ends are equal on a continuous axis. */
  cell(axis: number, unit: number): readonly [number, number] {
    const known = this.axes[axis];
    return known?.kind === 'number' ? known.cell(known.valueAt(unit)) : [unit, unit];
  }

  /** The point whose active axes have the coordinates that `choose` gives. */
  decode(choose: (axis: number) => number): Params {
    return assemble(this.space, (name) => {
      const index = this.#index.get(name) ?? 0;
      const axis = this.axes[index];
      const at = choose(index);
      if (axis?.kind === 'number') return axis.valueAt(at);
      return axis?.options[Math.min(axis.options.length - 1, Math.max(0, Math.floor(at)))] ?? null;
    });
  }

  /** A uniform draw on every active axis. */
  draw(stream: RandomStream): Code {
    return this.encode(sample(this.space, stream));
  }

  /** `code` with every coordinate moved to the value it stands for, and NaN where the axis is not active. */
  snap(code: ArrayLike<number>): Code {
    return this.encode(this.decode((axis) => code[axis] ?? NaN));
  }
}

export function sameCode(a: Code, b: Code): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
