import { InternalError } from '../../core/errors';
import { isJsonObject, type JsonValue } from '../../core/json';
import type { ScheduleConfig } from '../../core/specification';
import { named } from './named';
import { number, type Rule } from './rules';

const EPOCHS = number({ min: 1, max: 10_000, integer: true });
const SHARE = number({ above: 0, max: 1 });

/** Arguments of each schedule. */
const ARGUMENTS: Readonly<Record<ScheduleConfig['name'], Readonly<Record<string, Rule>>>> = {
  constant: {},
  step: { every: EPOCHS, factor: SHARE },
  exponential: { decay: SHARE },
  cosine: { warmupEpochs: number({ min: 0, max: 10_000 }), floor: number({ min: 0, max: 1 }) },
  warmRestarts: { period: EPOCHS, multiply: number({ min: 1, max: 100 }) },
  reduceOnPlateau: { patience: EPOCHS, factor: SHARE },
};

/** What a short form leaves out. */
const DEFAULTS: readonly ScheduleConfig[] = [
  { name: 'constant' },
  { name: 'step', every: 10, factor: 0.5 },
  { name: 'exponential', decay: 0.95 },
  { name: 'cosine', warmupEpochs: 0, floor: 0 },
  { name: 'warmRestarts', period: 10, multiply: 2 },
  { name: 'reduceOnPlateau', patience: 4, factor: 0.5 },
];

export const schedule = named(ARGUMENTS, 'schedule', '{"cosine": {"warmupEpochs": 3}}');

/** A schedule that the rule has let through, with what it leaves out. */
export function scheduleOf(value: JsonValue): ScheduleConfig {
  const [name, given] = isJsonObject(value) ? (Object.entries(value)[0] ?? []) : [value, {}];
  const defaults = DEFAULTS.find((each) => each.name === name);
  if (defaults === undefined)
    throw new InternalError('no_schedule', `there is no schedule ${JSON.stringify(name)}`);
  return { ...defaults, ...(given as object) };
}
