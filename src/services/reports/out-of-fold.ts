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
import type { Predictions } from '../../core/predictions';
import type { Specification, TrialConfig } from '../../core/specification';
import type { StoredTrial } from '../../core/storage';
import { medianEpoch } from '../../core/trial';
import { averageOf } from '../final/networks';

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
  return { predictions: together(parts), epochs: medianEpoch(epochs), first };
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
    validation: together(results.map(({ validation }) => validation)),
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
  return first.flatMap(({ name, test }) => {
    const same = all.flatMap((fold) => fold.find((baseline) => baseline.name === name) ?? []);
    // One that broke down in a fold has not seen the same rows.
    return same.length < folds
      ? []
      : [{ name, test, validation: together(same.map(({ validation }) => validation)) }];
  });
}

/** Predictions of several parts as those of one, in the order of the rows of the table. */
export function together(parts: readonly Predictions[]): Predictions {
  const [first] = parts;
  if (first === undefined) throw new InternalError('no_parts', 'there are no predictions to put together');
  const places = parts.flatMap((part, p) => Array.from(part.rows, (row, i) => ({ row, p, i })));
  places.sort((a, b) => a.row - b.row);
  const rows = Uint32Array.from(places, ({ row }) => row);
  const actual = places.map(({ p, i }) => parts[p]?.actual[i] ?? 0);
  if (first.kind === 'values') {
    const predicted = places.map(({ p, i }) => {
      const part = parts[p];
      return part?.kind === 'values' ? (part.predicted[i] ?? 0) : 0;
    });
    return {
      kind: 'values',
      rows,
      actual: Float64Array.from(actual),
      predicted: Float64Array.from(predicted),
    };
  }
  const classes = first.labels.length;
  const probabilities = new Float64Array(rows.length * classes);
  places.forEach(({ p, i }, place) => {
    const part = parts[p];
    if (part?.kind === 'classes')
      probabilities.set(part.probabilities.subarray(i * classes, (i + 1) * classes), place * classes);
  });
  return { kind: 'classes', labels: first.labels, rows, actual: Int32Array.from(actual), probabilities };
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
