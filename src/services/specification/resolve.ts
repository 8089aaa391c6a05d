import type { ImageShape, StoredDataset } from '../../core/dataset';
import { InternalError } from '../../core/errors';
import type { EngineStatus } from '../../core/job';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';
import type { CheckMode, EngineRequest, SearchSettings, Specification } from '../../core/specification';
import { parseSpace, possible, type Space } from '../../space';
import { expandPresets, type PixelSize } from '../presets';
import { checkClassWeights, featuresOf, targetOf, taskOf, weightOf } from './columns';
import { imageOf, isHole, preparationOf, trainingOf } from './defaults';
import { studyRules } from './field-rules';
import { checkFinal, finalOf } from './final';
import { Findings, nearest, quote } from './findings';
import { holeReader } from './holes';
import { checkFields } from './rules';
import { splitOf } from './split';
import { checkMeaning, checkStop, constraintsOf, mostSteps, objectivesOf, searchOf } from './strategies';

/** Below so many rows for each column a network would only memorise. */
const ROWS_PER_COLUMN = 3;
const MOST_ONE_HOT = 50;
const TABLE_CHANGES = ['noise', 'mixup'];
const IMAGE_CHANGES = ['flip', 'shift', 'rotate', 'zoom', 'brightness', 'contrast', 'cutout', 'mixup'];
const IMAGE_SCALES = ['standard', 'minmax', 'none'];

export interface SpecificationContext {
  readonly dataset: StoredDataset;
  /** Devices of the slots there are. */
  readonly devices: readonly string[];
  /** The most that `search.parallelism` may be; left out: 256. */
  readonly slots?: number;
  readonly engines: readonly EngineStatus[];
  /** For a study that brings no seed. */
  drawSeed(): number;
}

export interface ResolvedStudy {
  readonly spec: Specification;
  /** `{preparation, model, training}` with holes, presets expanded. */
  readonly document: JsonObject;
  readonly space: Space;
}

interface Sections extends JsonObject {
  readonly preparation: JsonObject;
  readonly model: JsonValue;
  readonly training: JsonObject;
}

/**
 * The whole specification of a study from what a client gave: every rule checked, every default filled in, every
 * `auto` resolved. A stored specification that is given again resolves to itself.
 * @throws InvalidError `invalid_specification`, or `invalid_search_space` where only holes are wrong, with the path of
 *   everything that is wrong; NotSupportedError where all that stands in the way is not built
 */
export function resolveSpecification(body: JsonObject, context: SpecificationContext): ResolvedStudy {
  const { dataset } = context;
  const findings = new Findings();
  const target = targetOf(body, dataset, findings);
  const task = taskOf(body, target, findings);
  const features = featuresOf(body, dataset, target?.name ?? '', findings);
  const image = imageColumn(dataset, features.include);
  const model = body['model'] ?? defaultModel(dataset.rows, features.include.length, image !== null);
  const sections = sectionsOf(body, model, task ?? 'regression', dataset, features.include, findings);
  checkImages(sections, image, findings);
  const space = findings.attempt(() => parseSpace(sections));
  checkAll(body, sections, space, task, context, findings);
  if (target === null || task === null || space === null) throw incomplete(findings);
  const weight = weightOf(body, dataset, findings);
  checkClassWeights(sections.training, target, task, findings);
  const split = splitOf(body, dataset, target, task, findings);
  const objectives = objectivesOf(body, task);
  checkMeaning(sections, objectives, findings);
  const most = mostSteps({ split, training: sections.training });
  const search = searchOf(body, space, most, () => context.drawSeed(), findings);
  checkStop(search, objectives, findings);
  checkExternalOnly(search, findings);
  const final = finalOf(body, split);
  checkFinal(final, { split, objectives }, findings);
  findings.refuse();

  const { name = dataset.name, tags = [], device = 'auto', engine = 'auto', checks = 'standard' } = body;
  const spec: Specification = {
    name: name as string,
    tags: tags as readonly string[],
    dataset: dataset.id,
    target: target.name,
    weight,
    task,
    features,
    split,
    preparation: sections.preparation,
    model,
    training: sections.training,
    search,
    objectives,
    constraints: constraintsOf(body),
    checks: checks as CheckMode,
    final,
    device: device as string,
    engine: engine as EngineRequest,
    execution: 'internal',
  };
  return { spec, document: sections, space };
}

function sectionsOf(
  body: JsonObject,
  model: JsonValue,
  task: Task,
  dataset: StoredDataset,
  features: readonly string[],
  findings: Findings,
): Sections {
  for (const name of ['preparation', 'training']) {
    if (!isHole(body[name])) continue;
    findings.wrong(name, 'the section itself cannot be a hole; its fields can');
  }
  const stored = imageColumn(dataset, features);
  const ofTopology = mayBeTopology(model);
  const isLarge = !ofTopology && hasManyLevels(dataset, features);
  const preparation = preparationOf(body['preparation'], task, isLarge ? 'auto' : 'one-hot');
  if (ofTopology && mayEmbed(preparation)) {
    findings.wrong(
      'preparation.categorical',
      'a topology brings its own inputs, so no category can be embedded before it; take "one-hot", "ordinal" or "target", or describe the network with {"layers": […]}',
    );
  }
  const image = imageOf(preparation['image'], stored);
  const size = { rows: dataset.rows, features: features.length, image: inputOf(image, stored) };
  return {
    preparation: { ...preparation, ...(image === null ? {} : { image }) },
    model: findings.attempt(() => expandPresets(model, size)) ?? { layers: [] },
    training: trainingOf(body['training'], task),
  };
}

/**
 * Whether a column of categories has more levels in the whole table than one-hot encoding gives a column. Then its training
 * rows alone settle how it is encoded; where none has, nothing is to be settled.
 */
function hasManyLevels({ profiles }: StoredDataset, features: readonly string[]): boolean {
  return profiles.some(
    ({ name, type, distinct }) =>
      features.includes(name) && (type === 'categorical' || type === 'text') && distinct > MOST_ONE_HOT,
  );
}

function mayEmbed({ categorical = null }: JsonObject): boolean {
  return wordsOf(categorical).some((word) => word === 'embedding' || word === 'auto');
}

/** Values that a field can have. */
function wordsOf(value: JsonValue): readonly JsonValue[] {
  const found = possible(value);
  if (found.kind === 'literal') return [found.value];
  return found.kind === 'choice' ? found.options.flatMap(wordsOf) : [];
}

function mayBeTopology(model: JsonValue): boolean {
  return wordsOf(model).some((option) => isJsonObject(option) && Object.hasOwn(option, 'topology'));
}

/** Of images; null for a table. */
function imageColumn({ profiles }: StoredDataset, features: readonly string[]): ImageShape | null {
  const column = profiles.find(({ name, type }) => type === 'image' && features.includes(name));
  return column?.image ?? null;
}

/** The shape of the input that presets are made for: where it is searched, that of the data. */
function inputOf(image: JsonValue, stored: ImageShape | null): PixelSize | null {
  if (stored === null) return null;
  const { size, channels } = isJsonObject(image) ? image : {};
  const [height, width] = Array.isArray(size) ? (size as JsonArray) : [];
  return {
    height: typeof height === 'number' ? height : stored.height,
    width: typeof width === 'number' ? width : stored.width,
    channels: typeof channels === 'number' ? channels : stored.channels,
  };
}

/** What suits images or tables alone. */
function checkImages(
  { preparation, training }: Sections,
  stored: ImageShape | null,
  findings: Findings,
): void {
  const known = stored === null ? TABLE_CHANGES : IMAGE_CHANGES;
  for (const name of namesIn(training['augmentation'] ?? null)) {
    if (known.includes(name) || ![...IMAGE_CHANGES, ...TABLE_CHANGES].includes(name)) continue;
    const what = stored === null ? 'images; tables' : 'tables; images';
    findings.wrong(`training.augmentation.${name}`, `is for ${what} take ${known.join(', ')}`);
  }
  if (stored === null) {
    if ((preparation['image'] ?? null) !== null) {
      findings.wrong('preparation.image', 'the data has no column of images; leave the field out');
    }
    return;
  }
  const scale = possible(preparation['scale'] ?? null);
  const scales = scale.kind === 'choice' ? scale.options : scale.kind === 'literal' ? [scale.value] : [];
  const strange = scales.find((each) => typeof each === 'string' && !IMAGE_SCALES.includes(each));
  if (strange !== undefined) {
    findings.wrong(
      'preparation.scale',
      `${quote(strange)} is for tables; images take ${IMAGE_SCALES.join(', ')}`,
    );
  }
}

/** Fields of an object, or of every object that a hole can be. */
function namesIn(value: JsonValue): readonly string[] {
  const found = possible(value);
  const options = found.kind === 'choice' ? found.options : found.kind === 'literal' ? [found.value] : [];
  return [...new Set(options.flatMap((option) => (isJsonObject(option) ? Object.keys(option) : [])))];
}

function defaultModel(rows: number, columns: number, areImages: boolean): JsonObject {
  if (areImages) return { preset: 'cnn' };
  return { preset: rows < ROWS_PER_COLUMN * columns ? 'linear' : 'dense' };
}

/** Every field by its rule. Of the sections those fields are looked at that were given: defaults are right. */
function checkAll(
  body: JsonObject,
  sections: Sections,
  space: Space | null,
  task: Task | null,
  context: SpecificationContext,
  findings: Findings,
): void {
  const given = Object.hasOwn(body, 'model') ? { ...body, model: sections.model } : body;
  // References run in no circle only where the space was found to be one.
  const reader = holeReader(space === null ? null : sections);
  findings.attempt(() => {
    checkFields(given, studyRules(task, context.slots), '', { findings, reader });
  });
  checkPlace(body, context, findings);
}

function checkPlace(
  { device = 'auto', engine = 'auto' }: JsonObject,
  { devices, engines }: SpecificationContext,
  findings: Findings,
): void {
  if (typeof device === 'string' && device !== 'auto' && !devices.includes(device)) {
    const there = ['auto', ...devices];
    findings.wrong('device', `${quote(device)} must be one of ${there.join(', ')}${nearest(device, there)}`);
  }
  const status = engines.find(({ name }) => name === engine);
  if (status?.available === false) {
    findings.wrong(
      'engine',
      `${quote(status.name)} is not available here: ${status.reason ?? 'no reason given'}`,
    );
  }
}

function checkExternalOnly({ expireSeconds, maxSteps }: SearchSettings, findings: Findings): void {
  for (const [name, value] of Object.entries({ expireSeconds, maxSteps })) {
    if (value !== null)
      findings.wrong(`search.${name}`, 'belongs to ask and tell, to "execution": "external"');
  }
}

function incomplete(findings: Findings): InternalError {
  findings.refuse();
  return new InternalError('no_finding', 'a specification without a target, task or space was not refused');
}
