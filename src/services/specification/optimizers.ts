import { isJsonObject } from '../../core/json';
import type { OptimizerName } from '../../core/specification';
import { nearest, quote } from './findings';
import { fields, flag, holed, number, type Rule } from './rules';

const DECAY = number({ min: 0, below: 1 });
const EPSILON = number({ above: 0 });

/** Arguments of each optimiser, besides the learning rate, which has a field of its own. */
const ARGUMENTS: Readonly<Record<OptimizerName, Readonly<Record<string, Rule>>>> = {
  sgd: { momentum: DECAY, nesterov: flag },
  momentum: { momentum: DECAY, nesterov: flag },
  adam: { beta1: DECAY, beta2: DECAY, epsilon: EPSILON },
  rmsprop: { decay: DECAY, momentum: DECAY, epsilon: EPSILON, centered: flag },
  adagrad: { initialAccumulatorValue: EPSILON },
  adamax: { beta1: DECAY, beta2: DECAY, epsilon: EPSILON },
};
const NOT_BUILT = ['adamw', 'adadelta'];

const optimizerNames = Object.keys(ARGUMENTS);

/** A name, or an object of one name with its arguments. */
export const optimizer: Rule = holed((value, path, check) => {
  const { findings } = check;
  const names = isJsonObject(value) ? Object.keys(value) : typeof value === 'string' ? [value] : [];
  const [name] = names;
  const there = `there are ${optimizerNames.join(', ')}`;
  if (name === undefined || names.length > 1) {
    findings.wrong(path, `${quote(value)} must be a name such as "adam", or {"sgd": {"momentum": 0.9}}`);
  } else if (NOT_BUILT.includes(name)) {
    findings.unsupported(path, `optimizer ${name} is not built yet; ${there}`);
  } else if (!Object.hasOwn(ARGUMENTS, name)) {
    findings.wrong(path, `${quote(name)} is no optimizer; ${there}${nearest(name, optimizerNames)}`);
  } else if (isJsonObject(value)) {
    fields(ARGUMENTS[name as OptimizerName])(value[name] ?? null, `${path}.${name}`, check);
  }
});
