import type { Params } from '../../core/trial';
import type { ImportanceTable } from '../../insight';
import { axes, type Space } from '../../space';

/** Points as columns: places in [0, 1] or indices of options, NaN where a hole is not active. */
export function importanceTableOf(
  space: Space,
  params: readonly Params[],
  losses: Float64Array,
): ImportanceTable {
  const columns = axes(space).map((axis) => ({
    name: axis.name,
    categories: axis.kind === 'category' ? axis.options.length : 0,
    values: Float64Array.from(params, (point) => {
      const value = Object.hasOwn(point, axis.name) ? point[axis.name] : undefined;
      if (value === undefined) return NaN;
      if (axis.kind === 'category') return axis.options.indexOf(value);
      const [low, high] = axis.cell(value as number);
      return (low + high) / 2;
    }),
  }));
  return { columns, losses };
}
