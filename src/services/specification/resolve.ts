import type { StoredDataset } from '../../core/dataset';
import { InternalError } from '../../core/errors';
import type { EngineStatus } from '../../core/job';
import type { JsonObject, JsonValue } from '../../core/json';
import type { Task } from '../../core/metrics';
import type { EngineRequest, Specification } from '../../core/specification';
import { parseSpace, type Space } from '../../space';
import { expandPresets } from '../presets';
import { featuresOf, targetOf, taskOf } from './columns';
import { isHole, preparationOf, trainingOf } from './defaults';
import { studyRules } from './field-rules';
import { Findings, nearest, quote } from './findings';
import { holeReader } from './holes';
import { checkFields } from './rules';
import { splitOf } from './split';
import { checkMeaning, constraintsOf, mostSteps, objectivesOf, searchOf } from './strategies';

/** Below so many rows for each column a network would only memorise. */
const ROWS_PER_COLUMN = 3;

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
  const model = body['model'] ?? defaultModel(dataset.rows, features.include.length);
  const sections = sectionsOf(body, model, task ?? 'regression', dataset, features.include.length, findings);
  const space = findings.attempt(() => parseSpace(sections));
  checkAll(body, sections, space, task, context, findings);
  if (target === null || task === null || space === null) throw incomplete(findings);
  const split = splitOf(body, dataset, target, task, findings);
  const objectives = objectivesOf(body, task);
  checkMeaning(sections, objectives, findings);
  const most = mostSteps({ split, training: sections.training });
  const search = searchOf(body, space, most, () => context.drawSeed(), findings);
  findings.refuse();

  const { name = dataset.name, tags = [], device = 'auto', engine = 'auto' } = body;
  const spec: Specification = {
    name: name as string,
    tags: tags as readonly string[],
    dataset: dataset.id,
    target: target.name,
    weight: null,
    task,
    features,
    split,
    preparation: sections.preparation,
    model,
    training: sections.training,
    search,
    objectives,
    constraints: constraintsOf(body),
    checks: 'off',
    final: { refit: 'none', trainLonger: 1, ensemble: 1, boosting: 0 },
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
  { rows }: StoredDataset,
  columns: number,
  findings: Findings,
): Sections {
  for (const name of ['preparation', 'training']) {
    if (!isHole(body[name])) continue;
    findings.wrong(name, 'the section itself cannot be a hole; its fields can');
  }
  return {
    preparation: preparationOf(body['preparation'], task),
    model: findings.attempt(() => expandPresets(model, { rows, features: columns })) ?? { layers: [] },
    training: trainingOf(body['training'], task),
  };
}

function defaultModel(rows: number, columns: number): JsonObject {
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

function incomplete(findings: Findings): InternalError {
  findings.refuse();
  return new InternalError('no_finding', 'a specification without a target, task or space was not refused');
}
