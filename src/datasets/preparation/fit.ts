import { InvalidError } from '../../core/errors';
import type { DataJob } from '../../core/job';
import type { PreparationConfig } from '../../core/specification';
import { readersOf } from './apply';
import { evenly, fitComponents, fitDerived, fitKept, type PreparedSample } from './fit-inputs';
import { fitLevels, type EncodedTarget } from './fit-levels';
import { fitBooleans, fitDates, fitNumbers } from './fit-numbers';
import { fitTarget, preparedTarget, type RawColumn } from './fit-target';
import {
  featureNamesOf,
  PREPARATION_VERSION,
  type ColumnStep,
  type EmbeddedStep,
  type FittedInput,
  type FittedPreparation,
} from './fitted';
import { applySteps, widthOf } from './preprocess';
import type { TableColumn } from '../table';

/** Training rows, evenly spaced, that principal components are fitted to. */
const SAMPLE_ROWS = 20_000;

/** The training rows and no others: nothing else can be learned from. */
export interface TrainingData {
  readonly features: readonly string[];
  /** A column in the training rows; asked for one at a time, and forgotten again. */
  readonly load: (feature: string) => Promise<RawColumn>;
  readonly target: Pick<RawColumn, 'profile'>;
  /** Class code or value of each training row. */
  readonly values: ArrayLike<number>;
}

export interface Fit {
  readonly fitted: FittedPreparation;
  /** What training rows get instead of what a step of the first input gives, by its place: [rows, columns of the step]. */
  readonly training: ReadonlyMap<number, Float64Array>;
}

/**
 * Learns the preparation from the training rows.
 * @param tableColumns all columns of the table
 * @throws InvalidError `no_features`, `too_many_columns`
 */
export async function fitPreparation(
  data: TrainingData,
  job: DataJob,
  config: PreparationConfig,
  tableColumns: readonly string[],
): Promise<Fit> {
  const { target, values } = data;
  const rows = Uint32Array.from(values, (_, i) => i);
  const sampled = isBuiltOn(config) ? new Map<string, TableColumn>() : null;
  const places = Uint32Array.from(evenly(rows.length, SAMPLE_ROWS));
  const encoded: EncodedTarget = { values, labels: job.labels, seed: job.split.seed };
  const columns: ColumnStep[] = [];
  const embedded: EmbeddedStep[] = [];
  const training = new Map<number, Float64Array>();
  for (const name of data.features) {
    const feature = await data.load(name);
    const made = fitColumn(feature, rows, config, encoded);
    if (made.step === null || widthOf(made.step) === 0) continue;
    if (made.step.kind === 'embedded') {
      embedded.push(made.step);
      continue;
    }
    sampled?.set(name, pickedFrom(feature.column, places));
    if (made.training !== null) training.set(columns.length, made.training);
    columns.push(made.step);
  }
  if (columns.length + embedded.length === 0) {
    throw new InvalidError(
      'no_features',
      'no column of the table tells some training rows from others by what several of them share; there is nothing to learn from',
    );
  }
  const fittedTarget = fitTarget(target, job.labels, values, rows, config.targetTransform);
  const y = Float64Array.from(places, (row) => preparedTarget(fittedTarget, values[row] ?? 0));
  const sample = { places, columns: sampled, y, isClasses: job.labels !== null };
  const numbers =
    columns.length === 0 ? [] : [{ columns, ...fitInputs(columns, training, rows.length, sample, config) }];
  const used = [...columns, ...embedded];
  return {
    fitted: {
      format: 'tuneloom-preprocessing',
      version: PREPARATION_VERSION,
      task: job.task,
      inputs: namedInputs(numbers, embedded),
      target: fittedTarget,
      unused: tableColumns.filter((name) => !used.some((step) => step.name === name)),
    },
    training,
  };
}

/** Numbers first, then each embedded category. */
function namedInputs(
  numbers: readonly Omit<FittedInput, 'name' | 'dtype'>[],
  embedded: readonly EmbeddedStep[],
): FittedPreparation['inputs'] {
  const inputs = [
    ...numbers.map((input) => ({ dtype: 'float32' as const, ...input })),
    ...embedded.map((step) => ({
      dtype: 'int32' as const,
      columns: [step],
      derived: [],
      kept: null,
      pca: null,
      features: featureNamesOf(step),
    })),
  ];
  const name = (i: number): string => (inputs.length === 1 ? 'input' : `input_${String(i)}`);
  // There is one at least.
  return inputs.map((input, i) => ({ name: name(i), ...input })) as unknown as FittedPreparation['inputs'];
}

function fitColumn(
  { profile, column }: RawColumn,
  rows: Uint32Array,
  config: PreparationConfig,
  target: EncodedTarget,
): { readonly step: ColumnStep | null; readonly training: Float64Array | null } {
  const { name, type } = profile;
  if (column.kind === 'codes') {
    return fitLevels({ name, ...column }, rows, config, target) ?? { step: null, training: null };
  }
  const { values } = column;
  if (type === 'boolean') return { step: fitBooleans(name, values, rows, config.missing), training: null };
  if (type === 'datetime') return { step: fitDates(name, values, rows, config), training: null };
  return { step: fitNumbers(name, values, rows, config), training: null };
}

/** Whether anything is made of the columns that the steps make. */
function isBuiltOn({ enrich, dropRedundant, pca }: PreparationConfig): boolean {
  return enrich !== 'none' || dropRedundant !== false || pca !== null;
}

function pickedFrom(column: TableColumn, places: Uint32Array): TableColumn {
  if (column.kind === 'numbers')
    return { kind: 'numbers', values: Float64Array.from(places, (place) => column.values[place] ?? NaN) };
  return { ...column, values: Int32Array.from(places, (place) => column.values[place] ?? -1) };
}

interface Sample {
  /** Places among the training rows. */
  readonly places: Uint32Array;
  /** Columns at those places; null where nothing is built on them. */
  readonly columns: ReadonlyMap<string, TableColumn> | null;
  readonly y: Float64Array;
  readonly isClasses: boolean;
}

/** What is built on the columns: products, the choice of columns, components. */
function fitInputs(
  columns: readonly ColumnStep[],
  training: ReadonlyMap<number, Float64Array>,
  trainingRows: number,
  { places, columns: raw, y, isClasses }: Sample,
  config: PreparationConfig,
): Pick<FittedInput, 'derived' | 'kept' | 'pca' | 'features'> {
  const names = columns.flatMap(featureNamesOf);
  if (raw === null) return { derived: [], kept: null, pca: null, features: names };
  const { enrich, dropRedundant, pca } = config;
  const rows = Uint32Array.from(places, (_, i) => i);
  const fixed = new Map(
    [...training].map(([s, values]) => {
      const own = values.length / trainingRows;
      return [
        s,
        Float64Array.from(
          { length: places.length * own },
          (_, i) => values[(places[Math.floor(i / own)] ?? 0) * own + (i % own)] ?? 0,
        ),
      ];
    }),
  );
  const readers = readersOf(columns, raw, rows);
  const sampleOf = (derived: FittedInput['derived'], kept: readonly number[] | null): PreparedSample => {
    const width = kept?.length ?? names.length + derived.length;
    const x = new Float64Array(rows.length * width);
    applySteps({ columns, derived, kept, pca: null }, rows.length, readers, x, fixed);
    return { rows: rows.length, width, x, y, isClasses };
  };

  const derived =
    enrich === 'none' ? [] : fitDerived(sampleOf([], null), numericPlaces(columns), names, config);
  const all = [...names, ...derived.map(({ name }) => name)];
  const kept = dropRedundant === false ? null : fitKept(sampleOf(derived, null), dropRedundant);
  const used = kept === null ? all : kept.map((place) => all[place] ?? '');
  if (pca === null) return { derived, kept, pca: null, features: used };
  const components = fitComponents(sampleOf(derived, kept), pca);
  const features = components.components.map((_, i) => `component ${String(i + 1)}`);
  return { derived, kept, pca: components, features };
}

/** Places of the numbers that products are made of; not of booleans and indicators. */
function numericPlaces(columns: readonly ColumnStep[]): readonly number[] {
  const places: number[] = [];
  let offset = 0;
  for (const step of columns) {
    if (step.kind === 'numeric' && step.type === 'number') places.push(offset);
    offset += widthOf(step);
  }
  return places;
}
