import { isJsonObject } from '../../core/json';
import { nearest, quote } from './findings';
import { fields, holed, type Rule } from './rules';

/**
 * A name, or an object of one name with its arguments: `"cosine"`, `{"cosine": {"warmupEpochs": 3}}`.
 * @param table the arguments of each name, with their rules
 * @param what such as `optimizer`
 * @param example how it is written with arguments
 */
export function named(
  table: Readonly<Record<string, Readonly<Record<string, Rule>>>>,
  what: string,
  example: string,
): Rule {
  const names = Object.keys(table);
  return holed((value, path, check) => {
    const { findings } = check;
    const given = isJsonObject(value) ? Object.keys(value) : typeof value === 'string' ? [value] : [];
    const [name] = given;
    if (name === undefined || given.length > 1) {
      findings.wrong(path, `${quote(value)} must be a name such as ${quote(names[0] ?? '')}, or ${example}`);
    } else if (!Object.hasOwn(table, name)) {
      const near = nearest(name, names);
      findings.wrong(path, `${quote(name)} is no ${what}; there are ${names.join(', ')}${near}`);
    } else if (isJsonObject(value)) {
      fields(table[name] ?? {})(value[name] ?? null, `${path}.${name}`, check);
    }
  });
}
