import { InternalError } from '../../core/errors';
import type { EngineName } from '../../core/specification';
import type {
  Page,
  PageRequest,
  StoredCheckpoint,
  StoredTrial,
  TrialFilter,
  TrialSort,
} from '../../core/storage';
import { assertTrialTransition, isFinished, type TrialState } from '../../core/trial';
import { decodeCursor } from '../../core/cursor';
import type { Connection } from '../database';
import { pageOf } from '../page';

interface Row {
  readonly study: string;
  readonly number: number;
  readonly state: TrialState;
  readonly params: string;
  readonly config: string;
  readonly seed: number;
  readonly value: number | null;
  readonly values: string | null;
  readonly metrics: string;
  readonly epochs: number;
  readonly best_epoch: number | null;
  readonly parameters: number | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly device: string | null;
  readonly engine: EngineName | null;
  readonly engine_reason: string | null;
  readonly attempts: number;
  readonly error: string | null;
  readonly run: number;
  readonly isolated: number;
  readonly enqueued: number;
  readonly finished_order: number | null;
  readonly rung_order: number | null;
  readonly network: string | null;
  readonly checkpoint: string | null;
  readonly paused_at: string | null;
  readonly idle_ms: number;
  readonly last_sign_at: string | null;
}

type Encoding = 'plain' | 'json' | 'flag';

const COLUMNS: Readonly<Record<Exclude<keyof StoredTrial, 'study' | 'number'>, readonly [string, Encoding]>> =
  {
    state: ['state', 'plain'],
    params: ['params', 'json'],
    config: ['config', 'json'],
    seed: ['seed', 'plain'],
    values: ['"values"', 'json'],
    metrics: ['metrics', 'json'],
    epochs: ['epochs', 'plain'],
    bestEpoch: ['best_epoch', 'plain'],
    parameters: ['parameters', 'plain'],
    startedAt: ['started_at', 'plain'],
    finishedAt: ['finished_at', 'plain'],
    durationMs: ['duration_ms', 'plain'],
    device: ['device', 'plain'],
    engine: ['engine', 'plain'],
    engineReason: ['engine_reason', 'plain'],
    attempts: ['attempts', 'plain'],
    error: ['error', 'json'],
    run: ['run', 'plain'],
    isolated: ['isolated', 'flag'],
    enqueued: ['enqueued', 'flag'],
    finishedOrder: ['finished_order', 'plain'],
    rungOrder: ['rung_order', 'plain'],
    network: ['network', 'json'],
    checkpoint: ['checkpoint', 'json'],
    pausedAt: ['paused_at', 'plain'],
    idleMs: ['idle_ms', 'plain'],
    lastSignAt: ['last_sign_at', 'plain'],
  };

export type TrialChange = Partial<Omit<StoredTrial, 'study' | 'number'>>;

interface Sorting {
  readonly order: string;
  /** The condition that a row lies after the cursor. */
  readonly after: string;
}

/** Trials without a value come last, in either direction. */
const SORTINGS: Readonly<Record<TrialSort, Sorting>> = {
  number: { order: 'number ASC', after: 'number > @number' },
  '-number': { order: 'number DESC', after: 'number < @number' },
  value: {
    order: 'value IS NULL ASC, value ASC, number ASC',
    after: '(value IS NULL, coalesce(value, 0), number) > (@value IS NULL, coalesce(@value, 0), @number)',
  },
  '-value': {
    order: 'value IS NULL ASC, value DESC, number ASC',
    after: '(value IS NULL, -coalesce(value, 0), number) > (@value IS NULL, -coalesce(@value, 0), @number)',
  },
};

export class TrialQueries {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  insert(trial: StoredTrial): void {
    const fields = encodeFields(trial);
    const columns = ['study', 'number', ...fields.map(({ column }) => column), 'value'];
    const marks = columns.map(() => '?').join(', ');
    const values = [
      trial.study,
      trial.number,
      ...fields.map(({ value }) => value),
      trial.values?.[0] ?? null,
    ];
    this.#db.run(`INSERT INTO trials (${columns.join(', ')}) VALUES (${marks})`, ...values);
    this.#nameBlobs(trial.study, trial);
  }

  get(study: string, number: number): StoredTrial | null {
    const row = this.#db.get<Row>('SELECT * FROM trials WHERE study = ? AND number = ?', study, number);
    return row === undefined ? null : read(row);
  }

  list(study: string, filter: TrialFilter, { limit, cursor }: PageRequest): Page<StoredTrial> {
    const { order, after } = SORTINGS[filter.sort];
    const [value, number] = cursor === null ? [null, null] : decodeCursor(cursor, ['number?', 'number']);
    const conditions = [
      'study = @study',
      ...(filter.state === null ? [] : ['state = @state']),
      ...(cursor === null ? [] : [after]),
    ];
    const rows = this.#db.all<Row>(
      `SELECT * FROM trials WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT @limit`,
      { study, state: filter.state, value, number, limit: limit + 1 },
    );
    return pageOf(rows, limit, (row) => [row.value, row.number], read);
  }

  history(study: string): readonly StoredTrial[] {
    const sql =
      'SELECT * FROM trials WHERE study = ? ORDER BY finished_order IS NULL, finished_order, number';
    return this.#db.all<Row>(sql, study).map(read);
  }

  nextNumber(study: string): number {
    const row = this.#db.get<{ next: number | null }>(
      'SELECT max(number) + 1 AS next FROM trials WHERE study = ?',
      study,
    );
    return row?.next ?? 0;
  }

  update(study: string, number: number, change: TrialChange): void {
    const before = this.#db.get<Pick<Row, 'state' | 'checkpoint' | 'rung_order'>>(
      'SELECT state, checkpoint, rung_order FROM trials WHERE study = ? AND number = ?',
      study,
      number,
    );
    if (before === undefined)
      throw new InternalError('trial_gone', `trial ${String(number)} of ${study} is not stored`);
    const full = { ...change };
    if (change.state !== undefined) {
      assertTrialTransition(before.state, change.state);
      if (isFinished(change.state)) full.finishedOrder = this.#nextOrder(study);
    }
    if (change.pausedAt != null && before.rung_order === null) full.rungOrder = this.#nextOrder(study);
    const fields = encodeFields(full);
    if (full.values !== undefined) fields.push({ column: 'value', value: full.values?.[0] ?? null });
    const set = fields.map(({ column }) => `${column} = ?`).join(', ');
    const values = fields.map(({ value }) => value);
    this.#db.run(`UPDATE trials SET ${set} WHERE study = ? AND number = ?`, ...values, study, number);
    if (change.checkpoint !== undefined && before.checkpoint !== null) {
      // Bytes of a checkpoint belong to one trial: nothing else names them.
      const { sha256 } = JSON.parse(before.checkpoint) as StoredCheckpoint;
      this.#db.run('DELETE FROM blob_names WHERE sha256 = ? AND study = ?', sha256, study);
    }
    this.#nameBlobs(study, full);
  }

  #nextOrder(study: string): number {
    const last = (column: string): string =>
      `coalesce((SELECT max(${column}) FROM trials WHERE study = @study AND ${column} IS NOT NULL), 0)`;
    const sql = `SELECT max(${last('finished_order')}, ${last('rung_order')}) + 1 AS next`;
    return this.#db.get<{ next: number }>(sql, { study })?.next ?? 1;
  }

  #nameBlobs(study: string, { network, checkpoint }: TrialChange): void {
    const ofNetwork = network == null ? [] : [network.modelJson, network.weights, network.preprocessing];
    for (const sha256 of [...ofNetwork, ...(checkpoint == null ? [] : [checkpoint.sha256])]) {
      this.#db.run('INSERT OR IGNORE INTO blob_names VALUES (?, ?)', sha256, study);
    }
  }
}

function encodeFields(change: TrialChange): { column: string; value: unknown }[] {
  return Object.entries(COLUMNS).flatMap(([field, [column, encoding]]) => {
    const value = change[field as keyof TrialChange];
    return value === undefined ? [] : [{ column, value: encode(value, encoding) }];
  });
}

function encode(value: unknown, encoding: Encoding): unknown {
  if (encoding === 'flag') return value === true ? 1 : 0;
  return encoding === 'json' && value !== null ? JSON.stringify(value) : value;
}

function read(row: Row): StoredTrial {
  const parse = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));
  return {
    study: row.study,
    number: row.number,
    state: row.state,
    params: JSON.parse(row.params) as StoredTrial['params'],
    config: JSON.parse(row.config) as StoredTrial['config'],
    seed: row.seed,
    values: parse(row.values),
    metrics: JSON.parse(row.metrics) as StoredTrial['metrics'],
    epochs: row.epochs,
    bestEpoch: row.best_epoch,
    parameters: row.parameters,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    durationMs: row.duration_ms,
    device: row.device,
    engine: row.engine,
    engineReason: row.engine_reason,
    attempts: row.attempts,
    error: parse(row.error),
    run: row.run,
    isolated: row.isolated === 1,
    enqueued: row.enqueued === 1,
    finishedOrder: row.finished_order,
    rungOrder: row.rung_order,
    network: parse(row.network),
    checkpoint: parse(row.checkpoint),
    pausedAt: row.paused_at,
    idleMs: row.idle_ms,
    lastSignAt: row.last_sign_at,
  };
}
