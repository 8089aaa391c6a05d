import type { JsonValue } from '../../core/json';
import type { Trial } from '../../core/trial';

const FIXED = [
  'number',
  'state',
  'epochs',
  'bestEpoch',
  'parameters',
  'durationMs',
  'engine',
  'device',
  'attempts',
  'error',
];

/** Columns of `trials.csv`: what every trial has, one per hole, and the metrics of both parts. */
export interface TableColumns {
  readonly objectives: readonly string[];
  readonly params: readonly string[];
  readonly metrics: readonly string[];
}

export function tableHeader(columns: TableColumns): string {
  const objectives = columns.objectives.map((metric) => `value:${metric}`);
  const params = columns.params.map((name) => `param:${name}`);
  const metrics = ['train', 'validation'].flatMap((part) =>
    columns.metrics.map((metric) => `${part}.${metric}`),
  );
  return line([...FIXED, ...objectives, ...params, ...metrics, 'startedAt', 'finishedAt']);
}

export function tableLine(trial: Trial, columns: TableColumns): string {
  const { number, state, epochs, bestEpoch, parameters, durationMs, engine, device, attempts } = trial;
  const params = new Map(Object.entries(trial.params));
  return line([
    number,
    state,
    epochs,
    bestEpoch,
    parameters,
    durationMs,
    engine,
    device,
    attempts,
    trial.error?.code ?? null,
    ...columns.objectives.map((_, i) => trial.values?.[i] ?? null),
    ...columns.params.map((name) => params.get(name) ?? null),
    ...[trial.metrics.train, trial.metrics.validation].flatMap((part) =>
      columns.metrics.map((metric) => part?.[metric] ?? null),
    ),
    trial.startedAt,
    trial.finishedAt,
  ]);
}

function line(cells: readonly JsonValue[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** A text that begins with = + - @ would be a formula in a spreadsheet. */
function cell(value: JsonValue): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
