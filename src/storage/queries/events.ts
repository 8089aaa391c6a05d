import type { EventData, StudyEvent, StudyEventType } from '../../core/study';
import type { EpochReport } from '../../core/trial';
import type { Connection } from '../database';

interface EventRow {
  readonly id: number;
  readonly type: StudyEventType;
  readonly data: string;
}

interface EpochRow {
  readonly id: number;
  readonly trial: number;
  readonly epoch: number;
  readonly train: string;
  readonly validation: string;
}

/** Curves and events. An epoch is one row, and is the `trial.epoch` event with its id. */
export class EventQueries {
  readonly #db: Connection;
  #last: number;

  constructor(db: Connection) {
    this.#db = db;
    this.#last = this.#stored();
  }

  append(study: string, type: StudyEventType, data: EventData): void {
    this.#db.run('INSERT INTO events VALUES (?, ?, ?, ?)', this.#next(), study, type, JSON.stringify(data));
  }

  appendEpochs(study: string, trial: number, reports: readonly EpochReport[]): void {
    for (const { epoch, train, validation } of reports) {
      const id = this.#next();
      this.#db.run(
        'INSERT INTO epochs VALUES (?, ?, ?, ?, ?, ?)',
        id,
        study,
        trial,
        epoch,
        JSON.stringify(train),
        JSON.stringify(validation),
      );
    }
  }

  deleteEpochs(study: string, trial: number, after: number): void {
    this.#db.run('DELETE FROM epochs WHERE study = ? AND trial = ? AND epoch > ?', study, trial, after);
  }

  curve(study: string, trial: number): readonly EpochReport[] {
    const sql = 'SELECT * FROM epochs WHERE study = ? AND trial = ? ORDER BY epoch';
    return this.#db.all<EpochRow>(sql, study, trial).map(toReport);
  }

  epochAt(study: string, trial: number, epoch: number): EpochReport | null {
    const sql = 'SELECT * FROM epochs WHERE study = ? AND trial = ? AND epoch = ?';
    const row = this.#db.get<EpochRow>(sql, study, trial, epoch);
    return row === undefined ? null : toReport(row);
  }

  lastEpoch(study: string, trial: number): number | null {
    const sql = 'SELECT max(epoch) AS epoch FROM epochs WHERE study = ? AND trial = ?';
    return this.#db.get<{ epoch: number | null }>(sql, study, trial)?.epoch ?? null;
  }

  read(
    study: string,
    after: number,
    limit: number,
    types: readonly StudyEventType[] | null,
  ): readonly StudyEvent[] {
    const named = types?.filter((type) => type !== 'trial.epoch') ?? null;
    const events = named?.length === 0 ? [] : this.#events(study, after, limit, named);
    const epochs = types === null || types.includes('trial.epoch') ? this.#epochs(study, after, limit) : [];
    return [...events, ...epochs].sort((a, b) => a.id - b.id).slice(0, limit);
  }

  last(study: string): number {
    const row = this.#db.get<{ id: number | null }>(
      `SELECT max(id) AS id FROM (
         SELECT max(id) AS id FROM events WHERE study = @study UNION ALL SELECT max(id) FROM epochs WHERE study = @study)`,
      { study },
    );
    return row?.id ?? 0;
  }

  /** Stores how far the sequence has come, so that an id is not used again after its row has gone. */
  saveSequence(): void {
    this.#db.run(`UPDATE sequence SET last = ? WHERE name = 'event' AND last < ?`, this.#last, this.#last);
  }

  /** After a transaction that was rolled back. */
  reloadSequence(): void {
    this.#last = this.#stored();
  }

  #events(
    study: string,
    after: number,
    limit: number,
    types: readonly StudyEventType[] | null,
  ): StudyEvent[] {
    const filter = types === null ? '' : `AND type IN (${types.map(() => '?').join(', ')})`;
    const sql = `SELECT id, type, data FROM events WHERE study = ? AND id > ? ${filter} ORDER BY id LIMIT ?`;
    const rows = this.#db.all<EventRow>(sql, study, after, ...(types ?? []), limit);
    return rows.map(({ id, type, data }) => ({ id, study, type, data: JSON.parse(data) as EventData }));
  }

  #epochs(study: string, after: number, limit: number): StudyEvent[] {
    const sql = 'SELECT * FROM epochs WHERE study = ? AND id > ? ORDER BY id LIMIT ?';
    return this.#db.all<EpochRow>(sql, study, after, limit).map((row) => ({
      id: row.id,
      study,
      type: 'trial.epoch',
      data: { study, trial: row.trial, ...toReport(row) },
    }));
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }

  #stored(): number {
    return this.#db.get<{ last: number }>(`SELECT last FROM sequence WHERE name = 'event'`)?.last ?? 0;
  }
}

function toReport({ epoch, train, validation }: EpochRow): EpochReport {
  return {
    epoch,
    train: JSON.parse(train) as EpochReport['train'],
    validation: JSON.parse(validation) as EpochReport['validation'],
  };
}
