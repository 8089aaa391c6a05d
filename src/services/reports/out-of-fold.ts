import { setImmediate } from 'node:timers/promises';
import { InternalError } from '../../core/errors';
import { newId } from '../../core/id';
import type {
  BaselineJob,
  BaselinePredictions,
  DataJob,
  NetworkArtifact,
  PermutationImportance,
  PredictionResult,
  TrialTransport,
} from '../../core/job';
import { leadingObjective } from '../../core/objectives';
import type { ClassPredictions, Predictions } from '../../core/predictions';
import type { Specification, TrialConfig } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import { medianEpoch } from '../../core/trial';
import { averageOf } from '../final/networks';

/** Numbers that are moved in one turn of the event loop: a few milliseconds. */
const AT_ONCE = 500_000;

/** A configuration that is trained on each fold, and how often its networks count in a mean. */
export interface FoldMember {
  readonly trial: Pick<StoredTrial, 'seed' | 'engine'>;
  readonly config: TrialConfig;
  readonly count: number;
}

interface FoldedStudy {
  readonly spec: Specification;
  readonly data: DataJob;
}

interface FoldNetwork {
  readonly network: NetworkArtifact;
  readonly bestEpoch: number;
}

/** The network of a fold, trained as in the search. */
async function foldNetwork(
  { trial, config }: FoldMember,
  { spec, data }: FoldedStudy,
  fold: number,
  transport: TrialTransport,
): Promise<FoldNetwork> {
  const { network, bestEpoch } = await transport.perform('fit', {
    id: newId('md'),
    data: { ...data, fold },
    config,
    seed: trial.seed,
    engine: trial.engine ?? 'auto',
    objective: leadingObjective(spec.objectives),
    trainShare: 1,
    keepNetwork: true,
  });
  if (network === null) throw new InternalError('no_network', 'a fold gave no network');
  return { network, bestEpoch };
}

/** The networks of all folds, trained as in the search. */
export async function foldNetworks(
  member: FoldMember,
  study: FoldedStudy,
  transport: TrialTransport,
): Promise<readonly FoldNetwork[]> {
  const networks: FoldNetwork[] = [];
  for (let fold = 0; fold < (study.spec.split.folds ?? 1); fold++)
    networks.push(await foldNetwork(member, study, fold, transport));
  return networks;
}

/** What a configuration says of the rows that it has not seen, the median of its best epochs, and its first network. */
export async function outOfFoldOf(
  member: FoldMember,
  study: FoldedStudy,
  transport: TrialTransport,
): Promise<{ readonly predictions: Predictions; readonly epochs: number; readonly first: NetworkArtifact }> {
  const parts: Predictions[] = [];
  const epochs: number[] = [];
  let first: NetworkArtifact | null = null;
  for (let fold = 0; fold < (study.spec.split.folds ?? 1); fold++) {
    const { network, bestEpoch } = await foldNetwork(member, study, fold, transport);
    const data = { ...study.data, fold };
    parts.push(
      await transport.perform('validate', { id: newId('md'), data, config: member.config, network }),
    );
    epochs.push(bestEpoch);
    first ??= network;
  }
  if (first === null) throw new InternalError('no_folds', 'a k-fold study has folds');
  return { predictions: await together(parts), epochs: medianEpoch(epochs), first };
}

/** What the networks of a k-fold study's model, trained again fold by fold, say of the rows that they have not seen. */
export async function outOfFold(
  members: readonly [FoldMember, ...FoldMember[]],
  study: FoldedStudy,
  transport: TrialTransport,
): Promise<PredictionResult> {
  const { config } = members[0];
  const { seed } = study.spec.search;
  const results: PredictionResult[] = [];
  for (let fold = 0; fold < (study.spec.split.folds ?? 1); fold++) {
    const data = { ...study.data, fold };
    const networks: { network: NetworkArtifact; count: number }[] = [];
    for (const member of members) {
      const { network } = await foldNetwork(member, study, fold, transport);
      networks.push({ network, count: member.count });
    }
    const network = await averageOf(transport, data, config, networks);
    results.push(
      await transport.perform('predict', { id: newId('md'), data, config, network, importance: true, seed }),
    );
  }
  const [first] = results;
  if (first === undefined) throw new InternalError('no_folds', 'a k-fold study has folds');
  return {
    validation: await together(results.map(({ validation }) => validation)),
    test: first.test,
    importance: meanImportance(
      results.flatMap(({ importance }) => (importance === null ? [] : [importance])),
    ),
  };
}

/** The same of simple models; their test predictions are those of the first fold. */
export async function outOfFoldBaselines(
  job: Omit<BaselineJob, 'id' | 'data'>,
  data: DataJob,
  folds: number,
  transport: TrialTransport,
): Promise<readonly BaselinePredictions[]> {
  const all: (readonly BaselinePredictions[])[] = [];
  for (let fold = 0; fold < folds; fold++) {
    all.push(await transport.perform('baselines', { ...job, id: newId('md'), data: { ...data, fold } }));
  }
  const [first = []] = all;
  const found: BaselinePredictions[] = [];
  for (const { name, test } of first) {
    const same = all.flatMap((fold) => fold.find((baseline) => baseline.name === name) ?? []);
    // One that broke down in a fold has not seen the same rows.
    if (same.length < folds) continue;
    found.push({ name, test, validation: await together(same.map(({ validation }) => validation)) });
  }
  return found;
}

/**
 * Predictions of several parts as those of one, in the order of the rows of the table. Others have their turn while many
 * rows are put together: this runs beside the answers to requests.
 */
export async function together(parts: readonly Predictions[]): Promise<Predictions> {
  const [first] = parts;
  if (first === undefined) throw new InternalError('no_parts', 'there are no predictions to put together');
  const places = await placesOf(parts.map(({ rows }) => rows));
  const units = first.kind === 'classes' ? first.labels.length : 1;
  const count = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const rows = new Uint32Array(count);
  const actual = first.kind === 'classes' ? new Int32Array(count) : new Float64Array(count);
  const outputs = new Float64Array(count * units);
  const atOnce = Math.ceil(AT_ONCE / units);
  for (const [p, part] of parts.entries()) {
    const own = places[p] ?? new Uint32Array(0);
    const given = part.kind === 'classes' ? part.probabilities : part.predicted;
    for (let start = 0; start < own.length; start += atOnce) {
      const end = Math.min(own.length, start + atOnce);
      for (let i = start; i < end; i++) {
        const place = own[i] ?? 0;
        rows[place] = part.rows[i] ?? 0;
        actual[place] = part.actual[i] ?? 0;
        for (let k = 0; k < units; k++) outputs[place * units + k] = given[i * units + k] ?? 0;
      }
      await setImmediate();
    }
  }
  return actual instanceof Int32Array
    ? { ...(first as ClassPredictions), rows, actual, probabilities: outputs }
    : { kind: 'values', rows, actual, predicted: outputs };
}

/** Where each row of each part stands among the rows of all, in ascending order: a counting sort. */
async function placesOf(parts: readonly Uint32Array[]): Promise<readonly Uint32Array[]> {
  let last = 0;
  for (const rows of parts) for (const row of rows) last = Math.max(last, row);
  const next = new Uint32Array(last + 2);
  for (const rows of parts) {
    for (const row of rows) next[row + 1] = (next[row + 1] ?? 0) + 1;
    await setImmediate();
  }
  for (let row = 1; row < next.length; row++) next[row] = (next[row] ?? 0) + (next[row - 1] ?? 0);
  await setImmediate();
  const places: Uint32Array[] = [];
  for (const rows of parts) {
    places.push(
      rows.map((row) => {
        const place = next[row] ?? 0;
        next[row] = place + 1;
        return place;
      }),
    );
    await setImmediate();
  }
  return places;
}

function meanImportance(
  folds: readonly (readonly PermutationImportance[])[],
): readonly PermutationImportance[] | null {
  const [first] = folds;
  if (first === undefined) return null;
  return first
    .map(({ feature }) => {
      const values = folds.flatMap((fold) => fold.find((each) => each.feature === feature)?.importance ?? []);
      const importance = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - importance) ** 2, 0);
      return { feature, importance, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
    })
    .sort((a, b) => b.importance - a.importance);
}
