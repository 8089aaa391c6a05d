import type { JsonArray, JsonObject, JsonValue } from '../../core/json';
import { isJsonObject } from '../../core/json';
import type { Direction, Objective } from '../../core/metrics';
import type { ExternalSpecification } from '../../core/specification';
import { parseSpace } from '../../space';
import { objectiveCount, search, tags, text } from './field-rules';
import { Findings, quote } from './findings';
import { plainReader } from './holes';
import { checkFields, fields, plain, word, type Rule } from './rules';
import { checkStop, searchOf } from './strategies';

const MOST_NAME = 200;
const MOST_OUT = 100_000;
const NAME = 'ask and tell';
const OBJECTIVES: readonly Objective[] = [{ metric: 'value', direction: 'minimize' }];
/** Fields of studies that train. */
const INTERNAL = [
  'dataset',
  'target',
  'weight',
  'task',
  'features',
  'split',
  'preparation',
  'model',
  'training',
  'constraints',
  'checks',
  'final',
  'device',
  'engine',
];

const refused: Rule = (_value, path, { findings }) => {
  findings.wrong(path, 'belongs to a study that trains; with "execution": "external" the caller does');
};

const objectives: Rule = (value, path, check) => {
  const list = objectiveCount(value, path, check);
  const objective = fields({ metric: text(MOST_NAME), direction: word(['minimize', 'maximize']) }, [
    'metric',
    'direction',
  ]);
  list.forEach((item, i) => {
    objective(item, `${path}[${String(i)}]`, check);
  });
};

const rules: Readonly<Record<string, Rule>> = {
  name: text(MOST_NAME),
  tags,
  execution: word(['external']),
  space: () => undefined,
  search: search(MOST_OUT),
  objectives,
  ...Object.fromEntries(INTERNAL.map((name) => [name, refused])),
};

/**
 * The whole specification of a study whose caller trains.
 * @throws InvalidError `invalid_specification`, or `invalid_search_space` where only holes are wrong
 */
export function resolveExternal(body: JsonObject, drawSeed: () => number): ExternalSpecification {
  const findings = new Findings();
  const plainRules = Object.entries(rules).map(([name, rule]) => [name, plain(rule)] as const);
  checkFields(body, Object.fromEntries(plainRules), '', { findings, reader: plainReader });
  if (body['space'] === undefined) {
    findings.wrong('space', 'a document with holes is required, such as {"x": {"$float": [0, 1]}}');
  }
  const document = body['space'] ?? {};
  const space = findings.attempt(() => parseSpace(document)) ?? parseSpace({});
  const named = objectivesOf(body['objectives']);
  const given = isJsonObject(body['search']) ? body['search'] : {};
  const most = typeof given['maxSteps'] === 'number' ? given['maxSteps'] : null;
  const settings = searchOf(body, space, most, drawSeed, findings);
  checkStop(settings, named, findings);
  if (space.holes.length === 0 && findings.errors.length === 0) {
    findings.wrong('space', `${quote(document)} has no holes: there is nothing to search`);
  }
  findings.refuse();
  const { name = NAME, tags: labels = [] } = body;
  return {
    name: name as string,
    tags: labels as readonly string[],
    space: document,
    search: settings,
    objectives: named,
    constraints: [],
    execution: 'external',
  };
}

function objectivesOf(value: JsonValue | undefined): readonly Objective[] {
  if (!Array.isArray(value)) return OBJECTIVES;
  return (value as JsonArray)
    .filter(isJsonObject)
    .map(({ metric, direction }) => ({ metric: metric as string, direction: direction as Direction }));
}
