import type { Task } from '../../core/metrics';
import type { Page, PageRequest, PriorTrial } from '../../core/storage';
import type { StopReason, StudyPhase, StudyRecord, StudyState, TrialCounts } from '../../core/study';
import type { TrialState } from '../../core/trial';
import { decodeCursor } from '../../core/cursor';
import type { Connection } from '../database';
import { pageOf } from '../page';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: StudyState;
  readonly dataset: string | null;
  readonly target: string | null;
  readonly task: Task | null;
  readonly spec: string;
  readonly document: string;
  readonly phase: StudyPhase | null;
  readonly stop_reason: StopReason | null;
  readonly best: string | null;
  readonly running_ms: number;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly error: string | null;
}

interface PriorRow {
  readonly params: string;
  readonly values: string;
  readonly violation: number | null;
}

/** Column and encoding of each field that can change. */
const CHANGES: Readonly<Record<string, { readonly column: string; readonly json: boolean }>> = {
  name: { column: 'name', json: false },
  state: { column: 'state', json: false },
  target: { column: 'target', json: false },
  task: { column: 'task', json: false },
  spec: { column: 'spec', json: true },
  document: { column: 'document', json: true },
  phase: { column: 'phase', json: false },
  stopReason: { column: 'stop_reason', json: false },
  best: { column: 'best', json: true },
  runningMs: { column: 'running_ms', json: false },
  startedAt: { column: 'started_at', json: false },
  finishedAt: { column: 'finished_at', json: false },
  error: { column: 'error', json: true },
};

/** Parsed documents of so many studies are kept. */
const PARSED_STUDIES = 100;

interface Parsed {
  readonly specText: string;
  readonly documentText: string;
  readonly spec: StudyRecord['spec'];
  readonly document: StudyRecord['document'];
}

export type StudyChange = Partial<Omit<StudyRecord, 'id' | 'dataset' | 'createdAt'>>;

export class StudyQueries {
  readonly #db: Connection;
  /** What the texts of a study's row say; each call to ask or tell looks at it several times. */
  readonly #parsed = new Map<string, Parsed>();

  constructor(db: Connection) {
    this.#db = db;
  }

  insert(study: StudyRecord): void {
    this.#db.run(
      `INSERT INTO studies (id, name, state, dataset, target, task, spec, document, phase, stop_reason, best,
         running_ms, created_at, started_at, finished_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      study.id,
      study.name,
      study.state,
      study.dataset,
      study.target,
      study.task,
      JSON.stringify(study.spec),
      JSON.stringify(study.document),
      study.phase,
      study.stopReason,
      encode(study.best, true),
      study.runningMs,
      study.createdAt,
      study.startedAt,
      study.finishedAt,
      encode(study.error, true),
    );
  }

  get(id: string): StudyRecord | null {
    const row = this.#db.get<Row>('SELECT * FROM studies WHERE id = ?', id);
    return row === undefined ? null : this.#read(row);
  }

  list({ limit, cursor }: PageRequest): Page<StudyRecord> {
    const [after] = cursor === null ? [''] : decodeCursor(cursor, ['string']);
    const rows = this.#db.all<Row>(
      'SELECT * FROM studies WHERE id > ? ORDER BY id LIMIT ?',
      after,
      limit + 1,
    );
    return pageOf(
      rows,
      limit,
      ({ id }) => [id],
      (row) => this.#read(row),
    );
  }

  inStates(states: readonly StudyState[]): readonly StudyRecord[] {
    const marks = states.map(() => '?').join(', ');
    return this.#db
      .all<Row>(`SELECT * FROM studies WHERE state IN (${marks}) ORDER BY id`, ...states)
      .map((row) => this.#read(row));
  }

  update(id: string, change: StudyChange): void {
    const fields = Object.entries(change).flatMap(([field, value]) => {
      const target = CHANGES[field];
      return target === undefined ? [] : [{ column: target.column, value: encode(value, target.json) }];
    });
    if (fields.length === 0) return;
    const set = fields.map(({ column }) => `${column} = ?`).join(', ');
    this.#db.run(`UPDATE studies SET ${set} WHERE id = ?`, ...fields.map(({ value }) => value), id);
  }

  insertPriors(study: string, priors: readonly PriorTrial[]): void {
    priors.forEach(({ params, values, constraintViolation }, place) => {
      this.#db.run(
        'INSERT INTO priors VALUES (?, ?, ?, ?, ?)',
        study,
        place,
        JSON.stringify(params),
        JSON.stringify(values),
        constraintViolation,
      );
    });
  }

  priors(study: string): readonly PriorTrial[] {
    const sql = 'SELECT params, "values", violation FROM priors WHERE study = ? ORDER BY place';
    return this.#db.all<PriorRow>(sql, study).map(({ params, values, violation }) => ({
      params: JSON.parse(params) as PriorTrial['params'],
      values: JSON.parse(values) as PriorTrial['values'],
      constraintViolation: violation,
    }));
  }

  delete(id: string): void {
    this.#db.run('DELETE FROM studies WHERE id = ?', id);
  }

  trialCounts(study: string): TrialCounts {
    const counts = { waiting: 0, running: 0, completed: 0, pruned: 0, failed: 0, cancelled: 0 };
    const rows = this.#db.all<{ state: TrialState; n: number }>(
      'SELECT state, n FROM trial_counts WHERE study = ?',
      study,
    );
    for (const { state, n } of rows) counts[state] = n;
    return counts;
  }

  #read(row: Row): StudyRecord {
    const { spec, document } = this.#parse(row);
    return {
      id: row.id,
      name: row.name,
      state: row.state,
      dataset: row.dataset,
      target: row.target,
      task: row.task,
      spec,
      document,
      phase: row.phase,
      stopReason: row.stop_reason,
      best: row.best === null ? null : (JSON.parse(row.best) as StudyRecord['best']),
      runningMs: row.running_ms,
      createdAt: row.created_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      error: row.error === null ? null : (JSON.parse(row.error) as StudyRecord['error']),
    };
  }

  #parse({ id, spec, document }: Row): Parsed {
    const known = this.#parsed.get(id);
    if (known?.specText === spec && known.documentText === document) return known;
    if (this.#parsed.size >= PARSED_STUDIES) this.#parsed.clear();
    const parsed = {
      specText: spec,
      documentText: document,
      spec: JSON.parse(spec) as StudyRecord['spec'],
      document: JSON.parse(document) as StudyRecord['document'],
    };
    this.#parsed.set(id, parsed);
    return parsed;
  }
}

function encode(value: unknown, json: boolean): unknown {
  return json && value !== null ? JSON.stringify(value) : value;
}
