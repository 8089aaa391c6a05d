import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';

const MOST_FILTERS = 32;
const MOST_FEATURES = 100;

/** What can be looked at of a network's first kernel. */
export type FirstLayer =
  /** Of a table: the norm of the weights that leave each prepared column, the largest first. */
  | { readonly kind: 'norms'; readonly features: readonly { readonly name: string; readonly norm: number }[] }
  /** Of images: filters of [height, width, channels], row-major, the first of them. */
  | {
      readonly kind: 'filters';
      readonly size: readonly [number, number, number];
      readonly count: number;
      readonly filters: readonly (readonly number[])[];
    };

/**
 * The first kernel of a stored network; of an ensemble that of its first member. Null where there is none that takes the
 * prepared input.
 * @param features the prepared columns, and of embedded categories how many numbers stand for one; of images none
 */
export function firstLayerOf(
  modelJson: string,
  weights: Uint8Array,
  features: readonly { readonly name: string; readonly size: number }[],
): FirstLayer | null {
  const { weightsManifest } = JSON.parse(modelJson) as { readonly weightsManifest: JsonValue };
  const width = features.reduce((sum, { size }) => sum + size, 0);
  const specs = specsOf(weightsManifest);
  const isEnsemble = specs.some(isOfFirstMember);
  let start = 0;
  for (const spec of specs) {
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const values = readFloats(weights, start, count);
    start += 4 * count;
    // Members stand in the order of their depth, not in their own.
    if (isEnsemble && !isOfFirstMember(spec)) continue;
    const [first = 0, second = 0, third = 0, fourth = 0] = spec.shape;
    if (spec.shape.length === 4) {
      const filters = Array.from({ length: Math.min(fourth, MOST_FILTERS) }, (_, k) =>
        Array.from({ length: first * second * third }, (__, i) => rounded(values[i * fourth + k] ?? 0)),
      );
      return { kind: 'filters', size: [first, second, third], count: fourth, filters };
    }
    const isTable = spec.name?.endsWith('/embeddings') === true;
    if (spec.shape.length === 2 && first === width && !isTable) {
      let row = 0;
      const norms = features.map(({ name, size }) => {
        const own = values.subarray(row * second, (row + size) * second);
        row += size;
        return { name, norm: rounded(Math.sqrt(own.reduce((sum, value) => sum + value * value, 0))) };
      });
      return { kind: 'norms', features: norms.sort((a, b) => b.norm - a.norm).slice(0, MOST_FEATURES) };
    }
  }
  return null;
}

function isOfFirstMember({ name }: WeightSpec): boolean {
  return name?.startsWith('member_0_') === true;
}

interface WeightSpec {
  readonly name?: string;
  readonly shape: readonly number[];
}

function specsOf(manifest: JsonValue): readonly WeightSpec[] {
  if (!Array.isArray(manifest)) return [];
  return (manifest as readonly JsonObject[]).flatMap(({ weights }) =>
    Array.isArray(weights)
      ? (weights as readonly JsonValue[]).flatMap((spec) =>
          isJsonObject(spec) ? [spec as unknown as WeightSpec] : [],
        )
      : [],
  );
}

/** Weights are stored as little-endian float32, one after the other. */
function readFloats(bytes: Uint8Array, start: number, count: number): Float32Array {
  const copy = bytes.slice(start, start + 4 * count);
  return new Float32Array(copy.buffer, 0, Math.floor(copy.byteLength / 4));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
