import { sameShape, type Graph, type Value } from '../ir';
import { rewrite, type Rewriter } from './rewrite';

/**
 * `x − log Σ exp x` along the last axis becomes ONNX's `LogSoftmax`: one operation for the nine that TensorFlow.js makes of
 * it, in its softmax cross-entropy and in its own `logSoftmax`.
 */
export function logSoftmax(graph: Graph): Graph {
  return rewrite(graph, ({ kind, inputs, output }, rewriter) => {
    const [a, b] = inputs;
    if (kind !== 'Sub' || a === undefined || b === undefined) return null;
    const shifted = shiftedOf(a, rewriter);
    const isOne =
      // x − (max + log Σ exp(x − max)), or (x − max) − log Σ exp(x − max)
      isLogSumExp(b, a, rewriter) || (shifted !== null && isLogSum(b, a, rewriter));
    const x = shifted ?? a;
    if (!isOne || !sameShape(x.type.shape, output.type.shape)) return null;
    return rewriter.op('LogSoftmax', [x], { axis: x.type.shape.length - 1 });
  });
}

/** Beneath reshapes, which only give an axis of one or take it away. */
function bare(value: Value, rewriter: Rewriter): Value {
  const maker = rewriter.makerOf(value);
  return maker?.kind === 'Reshape' && maker.inputs[0] !== undefined ? bare(maker.inputs[0], rewriter) : value;
}

/** The x of `x − max x`; null for anything else. */
function shiftedOf(value: Value, rewriter: Rewriter): Value | null {
  const maker = rewriter.makerOf(value);
  const [x, most] = maker?.kind === 'Sub' ? maker.inputs : [];
  return x !== undefined && most !== undefined && isOverLastAxis(most, 'ReduceMax', x, rewriter) ? x : null;
}

function isOverLastAxis(value: Value, kind: string, of: Value, rewriter: Rewriter): boolean {
  const maker = rewriter.makerOf(bare(value, rewriter));
  const axes = maker?.attributes['axes'];
  const last = of.type.shape.length - 1;
  return maker?.kind === kind && maker.inputs[0] === of && sameShape(axes as readonly number[], [last]);
}

/** Whether a value is log Σ exp of `shifted`. */
function isLogSum(value: Value, shifted: Value, rewriter: Rewriter): boolean {
  const log = rewriter.makerOf(bare(value, rewriter));
  const sum = log?.kind === 'Log' && log.inputs[0] !== undefined ? bare(log.inputs[0], rewriter) : null;
  const summed = sum === null ? undefined : rewriter.makerOf(sum)?.inputs[0];
  if (sum === null || summed === undefined || !isOverLastAxis(sum, 'ReduceSum', summed, rewriter))
    return false;
  const exp = rewriter.makerOf(summed);
  return exp?.kind === 'Exp' && exp.inputs[0] === shifted;
}

/** Whether a value is max x + log Σ exp(x − max x). */
function isLogSumExp(value: Value, x: Value, rewriter: Rewriter): boolean {
  const add = rewriter.makerOf(bare(value, rewriter));
  const [most, log] = add?.kind === 'Add' ? add.inputs : [];
  if (most === undefined || log === undefined || !isOverLastAxis(most, 'ReduceMax', x, rewriter))
    return false;
  const inner = rewriter.makerOf(bare(log, rewriter));
  const sum = inner?.kind === 'Log' && inner.inputs[0] !== undefined ? bare(inner.inputs[0], rewriter) : null;
  const exp = sum === null ? null : rewriter.makerOf(rewriter.makerOf(sum)?.inputs[0] ?? sum);
  const shifted = exp?.kind === 'Exp' ? exp.inputs[0] : undefined;
  return shifted !== undefined && shiftedOf(shifted, rewriter) === x && isLogSum(log, shifted, rewriter);
}
