import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { InternalError } from '../core/errors';
import type { NetworkBytes } from '../core/job';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json';
import { loadNetwork } from './network-files';
import { inUnits, type OwnUnits } from './own-units';

export interface AverageMember {
  readonly network: NetworkBytes;
  /** How often it counts, an integer ≥ 1. */
  readonly count: number;
  /** Which inputs of the whole are its own, in its order. */
  readonly places: readonly number[];
  /** What its output stands for, where the outputs of the members are not alike; null: they are. */
  readonly units: OwnUnits | null;
}

export interface AverageWhole {
  /** Of the inputs, in their order; those of one network are named as this says. */
  readonly names: readonly string[];
  /** What the mean is given in. */
  readonly units: Pick<OwnUnits, 'mean' | 'deviation'>;
}

/**
 * One network that gives the mean of what several give, made of built-in layers alone. Dispose of it.
 * @throws InternalError `no_members` for fewer than two
 */
export async function averageNetworks(
  members: readonly AverageMember[],
  whole: AverageWhole,
): Promise<tfl.LayersModel> {
  const loaded = await Promise.all(
    members.map(({ network }, i) => loadRenamed(network, `member_${String(i)}`)),
  );
  const [first] = loaded;
  if (first === undefined || loaded.length < 2)
    throw new InternalError('no_members', 'an average takes two networks or more');
  const inputs = whole.names.map((name, place) => inputOf(loaded, members, place, name));
  // A network that counts twice goes into the mean twice, and is computed once.
  const outputs = loaded.flatMap((network, i) => {
    const { places = [], units = null, count = 1 } = members[i] ?? {};
    const own = places.flatMap((place) => inputs[place] ?? []);
    const given = network.apply(own) as tfl.SymbolicTensor;
    const output = units === null ? given : inUnits(given, units, whole.units, network.name);
    return Array.from({ length: count }, () => output);
  });
  // `output` is what gives probabilities, in every network that is exported.
  const name = first.layers.at(-1)?.name.endsWith('output') === true ? 'output' : 'mean';
  const mean = tfl.layers.average({ name }).apply(outputs) as tfl.SymbolicTensor;
  return tfl.model({ inputs, outputs: mean, name: 'ensemble' });
}

/** An input of the whole, as the first member has it that takes it. */
function inputOf(
  networks: readonly tfl.LayersModel[],
  members: readonly AverageMember[],
  place: number,
  name: string,
): tfl.SymbolicTensor {
  for (const [i, { places }] of members.entries()) {
    const own = networks[i]?.inputs[places.indexOf(place)];
    if (own !== undefined) return tfl.input({ shape: own.shape.slice(1), dtype: own.dtype, name });
  }
  throw new InternalError('no_input', `no member takes the input ${name}`);
}

/** Inputs of the shapes, and under the names, that a network's inputs had before it was renamed. */
export function inputsLike(network: tfl.LayersModel): tfl.SymbolicTensor[] {
  const prefix = `${network.name}_`;
  return network.inputs.map(({ shape, dtype, name }) =>
    tfl.input({
      shape: shape.slice(1),
      dtype,
      name: name.startsWith(prefix) ? name.slice(prefix.length) : name,
    }),
  );
}

/** The network under names that no other member has: weights are stored by the names of their layers. */
export async function loadRenamed(member: NetworkBytes, name: string): Promise<tfl.LayersModel> {
  const original = await loadNetwork(member.modelJson, member.weights);
  const { modelTopology } = JSON.parse(member.modelJson) as { modelTopology: JsonObject };
  const names = new Set<string>();
  collectNames(modelTopology, names);
  const topology = renamed(modelTopology, names, `${name}_`) as JsonObject;
  const network = await tfl.models.modelFromJSON({ modelTopology: { ...topology } as never });
  network.name = name;
  tf.tidy(() => {
    network.setWeights(original.getWeights());
  });
  original.dispose();
  return network;
}

/** Names of layers, those inside of wrappers too. */
function collectNames(value: JsonValue, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const child of value as readonly JsonValue[]) collectNames(child, names);
  } else if (isJsonObject(value)) {
    const { config } = value;
    if (typeof value['class_name'] === 'string' && isJsonObject(config)) {
      if (typeof config['name'] === 'string') names.add(config['name']);
    }
    for (const child of Object.values(value)) collectNames(child, names);
  }
}

/** Everywhere a layer is named: in its own description, and where others say what comes into them. */
function renamed(value: JsonValue, names: ReadonlySet<string>, prefix: string): JsonValue {
  if (Array.isArray(value)) {
    const [head, ...rest] = value as readonly JsonValue[];
    const isReference = typeof head === 'string' && names.has(head) && typeof rest[0] === 'number';
    if (isReference) return [`${prefix}${head}`, ...rest.map((child) => renamed(child, names, prefix))];
    return (value as readonly JsonValue[]).map((child) => renamed(child, names, prefix));
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, child]): [string, JsonValue] => {
    const isName = key === 'name' && typeof child === 'string' && names.has(child);
    return [key, isName ? `${prefix}${child}` : renamed(child, names, prefix)];
  });
  return Object.fromEntries(entries);
}
