import { InvalidError, type FieldError } from '../../core/errors';
import { isJsonObject, type JsonObject } from '../../core/json';
import type { Told } from '../scheduler/external-steps';

const MOST_ASKED = 1000;
const MOST_STEP = Number.MAX_SAFE_INTEGER;
const MOST_ERROR = 2000;
const STATES = ['completed', 'pruned', 'failed'];

/** What the callers of ask and tell send, checked. */

export function countOf(body: unknown): number {
  const { count = 1 } = objectOf(body ?? {}, ['count'], 'invalid_ask', '{"count": 1}');
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MOST_ASKED) {
    throw refuse('invalid_ask', 'count', `must be a whole number of 1 to ${String(MOST_ASKED)}`);
  }
  return count;
}

export interface Report {
  readonly step: number;
  /** Null: not finite. */
  readonly values: readonly (number | null)[];
  readonly attempt: number | null;
}

export function reportOf(body: unknown, objectives: number, maxSteps: number | null): Report {
  const example = '{"step": 3, "values": [0.41]}';
  const given = objectOf(body, ['step', 'values', 'attempt'], 'invalid_report', example);
  const { step } = given;
  const most = maxSteps ?? MOST_STEP;
  if (typeof step !== 'number' || !Number.isInteger(step) || step < 0 || step > most) {
    const bound =
      maxSteps === null ? 'of at least 0' : `of 0 to ${String(maxSteps)}, which is search.maxSteps`;
    throw refuse('invalid_report', 'step', `must be a whole number ${bound}`);
  }
  const values = valuesOf(given, objectives, 'invalid_report');
  if (values === null) throw refuse('invalid_report', 'values', countRule(objectives));
  return { step, values, attempt: attemptOf(given, 'invalid_report') };
}

export function heartbeatOf(body: unknown): number | null {
  return attemptOf(
    objectOf(body ?? {}, ['attempt'], 'invalid_heartbeat', '{"attempt": 1}'),
    'invalid_heartbeat',
  );
}

/** A value that is not finite counts as failed. */
export function tellOf(
  body: unknown,
  objectives: number,
): { readonly told: Told; readonly attempt: number | null } {
  const example = '{"state": "completed", "values": [0.39]}';
  const given = objectOf(body, ['state', 'values', 'error', 'attempt'], 'invalid_tell', example);
  const { state, error } = given;
  if (typeof state !== 'string' || !STATES.includes(state)) {
    throw refuse('invalid_tell', 'state', `must be one of ${STATES.join(', ')}`);
  }
  if (error !== undefined && (state !== 'failed' || typeof error !== 'string' || error.length > MOST_ERROR)) {
    throw refuse(
      'invalid_tell',
      'error',
      `is a text of at most ${String(MOST_ERROR)} characters for a failed trial`,
    );
  }
  const values = valuesOf(given, objectives, 'invalid_tell');
  if (state === 'completed' && values === null) throw refuse('invalid_tell', 'values', countRule(objectives));
  const attempt = attemptOf(given, 'invalid_tell');
  if (state === 'failed') {
    if (values !== null)
      throw refuse('invalid_tell', 'values', 'belong to a completed or pruned trial; a failed one has none');
    const message = typeof error === 'string' ? error : 'its caller told that it failed';
    return { told: { state, values: null, error: { code: 'failed', message } }, attempt };
  }
  const finite = values?.filter((value) => value !== null) ?? null;
  if (finite !== null && finite.length < objectives) {
    const failure = { code: 'not_finite', message: 'a value that was told is not finite' };
    return { told: { state: 'failed', values: null, error: failure }, attempt };
  }
  return { told: { state: state as 'completed' | 'pruned', values: finite, error: null }, attempt };
}

/** Null: not given. JSON has no NaN: null stands for it, and a number too large to be one is infinite. */
function valuesOf(
  { values }: JsonObject,
  objectives: number,
  code: string,
): readonly (number | null)[] | null {
  if (values === undefined) return null;
  const list = Array.isArray(values) ? (values as readonly unknown[]) : [];
  const fits =
    list.length === objectives && list.every((value) => value === null || typeof value === 'number');
  if (!fits) throw refuse(code, 'values', countRule(objectives));
  return list.map((value) => (typeof value === 'number' && Number.isFinite(value) ? value : null));
}

function countRule(objectives: number): string {
  return `must be a list of ${String(objectives)} ${objectives === 1 ? 'number' : 'numbers'}, one for each objective`;
}

function attemptOf({ attempt = null }: JsonObject, code: string): number | null {
  if (attempt === null) return null;
  if (typeof attempt !== 'number' || !Number.isInteger(attempt) || attempt < 1) {
    throw refuse(code, 'attempt', 'must be the attempt that ask gave');
  }
  return attempt;
}

function objectOf(body: unknown, known: readonly string[], code: string, example: string): JsonObject {
  if (!isJsonObject(body)) throw refuse(code, '', `the body must be an object such as ${example}`);
  const errors = Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((path): FieldError => ({ path, message: `unknown field; there are ${known.join(', ')}` }));
  if (errors.length > 0) throw new InvalidError(code, `${errors[0]?.path ?? ''}: unknown field`, { errors });
  return body;
}

function refuse(code: string, path: string, message: string): InvalidError {
  const text = path === '' ? message : `${path} ${message}`;
  return new InvalidError(code, text, { errors: [{ path, message }] });
}
