import type { FittedInput, FittedPreparation, FittedTarget } from './fitted';

export interface MergedPreparation {
  readonly fitted: FittedPreparation;
  /** [networks][inputs of the network]: place of each among the merged inputs. */
  readonly places: readonly (readonly number[])[];
}

/**
 * The preparations of several networks of one table as one: inputs that are made alike become one input.
 * @param preparations at least one
 * @param target what the output of the networks together means
 */
export function mergePreparations(
  preparations: readonly [FittedPreparation, ...FittedPreparation[]],
  target: FittedTarget,
): MergedPreparation {
  const known = new Map<string, number>();
  const distinct: FittedInput[] = [];
  const places = preparations.map(({ inputs }) =>
    inputs.map((input) => {
      const key = JSON.stringify({ ...input, name: '' });
      const place = known.get(key) ?? distinct.length;
      if (place === distinct.length) {
        known.set(key, place);
        distinct.push(input);
      }
      return place;
    }),
  );
  const [only] = distinct;
  const inputs =
    distinct.length === 1 && only !== undefined
      ? [{ ...only, name: 'input' }]
      : distinct.map((input, i) => ({ ...input, name: `input_${String(i)}` }));
  const [first] = preparations;
  const unused = first.unused.filter((name) => preparations.every((each) => each.unused.includes(name)));
  return {
    fitted: { ...first, inputs: inputs as unknown as FittedPreparation['inputs'], target, unused },
    places,
  };
}
