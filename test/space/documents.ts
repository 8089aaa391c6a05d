import fc from 'fast-check';
import type { JsonValue } from '../../src/core/json';

const primitive = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('relu', 'tanh', '__proto__', '', '01', '1'),
);
const key = fc.constantFrom('units', 'rate', 'layers', '__proto__', 'constructor', 'toString', 'a');

const numeric = fc.oneof(
  fc
    .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 6 }))
    .map(([low, span]) => ({ $int: [low, low + span] })),
  fc
    .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 100 }))
    .map(([low, span]) => ({ $int: [low, low + span], log: true })),
  fc
    .tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 4 }))
    .map(([low, span]) => ({ $float: [low / 10, (low + span) / 10], step: 0.1 })),
  fc.constant({ $float: [0.0001, 0.1], log: true }),
  fc.constant({ $normal: [0, 2] }),
  fc.constant({ $qloguniform: [0, 3, 2] }),
  fc.constant('{{quniform(0, 2, 0.5)}}'),
);

/** Documents with holes of every kind, nested, without shared names. */
export const documents = (finite = false): fc.Arbitrary<JsonValue> => {
  const leaf = finite
    ? fc
        .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 2 }))
        .map(([low, span]) => ({ $int: [low, low + span] }))
    : numeric;
  const { document } = fc.letrec<{ document: JsonValue }>((tie) => ({
    document: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      primitive,
      leaf,
      fc.dictionary(key, tie('document'), { maxKeys: 3 }),
      fc.array(tie('document'), { maxLength: 3 }),
      fc.array(tie('document'), { minLength: 1, maxLength: 3 }).map((options) => ({
        // Each option under a key of its own: one name in two options would be one parameter.
        $choice: options.map((option, i) =>
          option === null || typeof option !== 'object' ? option : { [`o${String(i)}`]: option },
        ),
        labels: options.map((_, i) => `option ${String(i)}`),
      })),
      fc
        .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 1 }), tie('document'))
        .map(([low, more, of]) => ({ $repeat: [low, low + more], of })),
    ),
  }));
  // Primitive options keep their own value, so that equal ones would clash: not what these tests are about.
  return document.filter((value) => !hasEqualOptions(value));
};

function hasEqualOptions(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const options = Object.hasOwn(value, '$choice') ? (value as { $choice: JsonValue[] }).$choice : [];
  const primitives = options
    .filter((option) => option === null || typeof option !== 'object')
    .map((option) => `${typeof option}${String(option)}`);
  return (
    new Set(primitives).size < primitives.length ||
    Object.values(value).some((child) => hasEqualOptions(child))
  );
}
