import type { JsonObject } from '../../core/json';
import type { Storage } from '../../core/storage';
import { internalStudy, type StudyRecord } from '../../core/study';
import { auditStudy } from '../../datasets';
import type { Logger } from '../logger';
import { dataJobOf } from '../scheduler/trial-job';

/** How long a report waits for an audit, in milliseconds; a later one has it. */
const WAIT_MS = 1500;

export interface StudyAuditPorts {
  readonly storage: Storage;
  readonly logger: Logger;
  readonly tablesFolder: string;
}

/** Audits of the rows that studies train on: made when a report is first asked for, in a process of its own, and stored. */
export class StudyAudits {
  readonly #ports: StudyAuditPorts;
  readonly #running = new Map<string, Promise<void>>();
  /** Studies whose audit cannot be made. */
  readonly #failed = new Set<string>();

  constructor(ports: StudyAuditPorts) {
    this.#ports = ports;
  }

  /** Resolves when the study's audit is stored, or after a while. */
  async ready(study: StudyRecord): Promise<void> {
    const { id } = study;
    const isThere = study.dataset === null || this.#ports.storage.insight(id, 'audit') !== null;
    if (isThere || this.#failed.has(id)) return;
    const made = this.#running.get(id) ?? this.#make(study).finally(() => this.#running.delete(id));
    this.#running.set(id, made);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_MS);
    });
    await Promise.race([made, late]);
    clearTimeout(timer);
  }

  async #make(record: StudyRecord): Promise<void> {
    const { storage, logger, tablesFolder } = this.#ports;
    try {
      const study = internalStudy(record);
      const dataset = storage.dataset(study.dataset);
      if (dataset === null) return;
      const audit = await auditStudy(dataJobOf(dataset, study.spec, tablesFolder));
      const body = JSON.parse(JSON.stringify(audit)) as JsonObject;
      await storage.write((session) => {
        if (session.study(study.id) !== null) session.putInsight(study.id, 'audit', body);
      });
    } catch (error) {
      this.#failed.add(record.id);
      logger.warn({ study: record.id, error }, "the audit of a study's training rows could not be made");
    }
  }
}
