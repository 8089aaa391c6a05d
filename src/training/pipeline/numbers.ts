import type { ColumnStep, FittedTarget } from '../../datasets';
import type { TensorName } from '../../compiler';
import type { Arithmetic, Term } from './arithmetic';

export type NumericStep = Extract<ColumnStep, { kind: 'numeric' }>;
export type Scale = NumericStep['scale'];
export type Tail = NonNullable<NumericStep['tail']>;
export type ValueTarget = Extract<FittedTarget, { kind: 'value' }>;

/** Prepared numbers lie within this, as in the service. */
export const MOST = 1e6;

/** [rows, 1], NaN where missing, to [rows, 1 or 2]. */
export function numericColumns(a: Arithmetic, step: NumericStep, raw: TensorName): TensorName {
  const missing = a.isMissing(raw);
  const filled = a.choose(missing, step.fill, raw);
  const value = scaled(a, step.tail === null ? filled : shortened(a, filled, step.tail), step.scale);
  return step.indicator ? a.beside([value, a.number(missing)]) : value;
}

export function clipped(a: Arithmetic, value: Term): TensorName {
  return a.clip(value, -MOST, MOST);
}

export function scaled(a: Arithmetic, value: TensorName, scale: Scale): TensorName {
  if (scale.kind === 'linear') return clipped(a, a.div(a.sub(value, scale.center), scale.spread));
  const { from, to } = scale;
  const [first = 0, last = 0] = [from[0], from.at(-1)];
  const held = a.clip(value, first, last);
  if (from.length < 2) return a.add(a.mul(held, 0), to[0] ?? 0);
  // The place of the last point that is not above the value, but of the last two points the first.
  const { writer } = a;
  const inner = writer.doubles(from.slice(1, -1), [1, from.length - 2]);
  const below = a.number(a.lessOrEqual(inner, held));
  const place = writer.op(
    'Cast',
    [writer.op('ReduceSum', [below, writer.integers([1])], { keepdims: true })],
    { to: INT64 },
  );
  const at = (points: readonly number[]): TensorName =>
    writer.op('Gather', [writer.doubles(points), place], { axis: 0 });
  const slopes = from
    .slice(0, -1)
    .map((start, i) => ((to[i + 1] ?? 0) - (to[i] ?? 0)) / ((from[i + 1] ?? 0) - start));
  return a.add(at(to.slice(0, -1)), a.mul(a.sub(held, at(from.slice(0, -1))), at(slopes)));
}

const INT64 = 7;

/** ±((1 + |v / unit|)^p − 1) / p, where p may differ for the two signs; a logarithm where it is 0. */
export function shortened(a: Arithmetic, value: TensorName, tail: Tail): TensorName {
  const logs = a.log(a.add(1, a.abs(a.div(value, tail.unit))));
  const short = bySign(a, value, tail, (power) =>
    power === 0 ? logs : a.div(a.sub(a.exp(a.mul(power, logs)), 1), power),
  );
  return a.mul(a.sign(value), short);
}

/** The inverse of {@link shortened}; ±Infinity beyond what that can give. */
function lengthened(a: Arithmetic, short: TensorName, tail: Tail): TensorName {
  const size = a.abs(short);
  const long = bySign(a, short, tail, (power) => {
    if (power === 0) return a.sub(a.exp(size), 1);
    const inner = a.add(1, a.mul(power, size));
    return a.choose(a.lessOrEqual(inner, 0), Infinity, a.sub(a.exp(a.div(a.log(inner), power)), 1));
  });
  return a.mul(a.mul(a.sign(short), long), tail.unit);
}

function bySign(a: Arithmetic, value: TensorName, tail: Tail, of: (power: number) => TensorName): TensorName {
  if (tail.kind === 'log') return of(0);
  if (tail.lambda === 1) return of(1);
  return a.choose(a.less(value, 0), of(2 - tail.lambda), of(tail.lambda));
}

/** The network's output [rows, 1], float64, in the target's own units. */
export function valueOfOutput(a: Arithmetic, output: TensorName, target: ValueTarget): TensorName {
  const short = a.add(a.mul(output, target.deviation), target.mean);
  if (target.tail === null) return short;
  return a.clip(lengthened(a, short, target.tail), ...target.bounds);
}
