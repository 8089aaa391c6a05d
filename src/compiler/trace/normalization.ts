import { need, rules } from './rules';

rules({
  FusedBatchNorm: (r, inputs, { varianceEpsilon }) => {
    const [x, mean, variance] = [need(inputs, 'x'), need(inputs, 'mean'), need(inputs, 'variance')];
    const { offset, scale } = inputs;
    const root = r.op('Sqrt', [r.op('Add', [variance, r.scalar(varianceEpsilon as number)])]);
    const inverse = r.op('Reciprocal', [root]);
    const factor = scale === undefined ? inverse : r.op('Mul', [inverse, scale]);
    const scaled = r.op('Mul', [r.op('Sub', [x, mean]), factor]);
    return offset === undefined ? scaled : r.op('Add', [scaled, offset]);
  },
});
