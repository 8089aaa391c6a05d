import { randomInt } from 'node:crypto';
import type { Dataset, StoredDataset } from '../../core/dataset';
import { ConflictError, InvalidError } from '../../core/errors';
import { newId } from '../../core/id';
import type { TrialTransport } from '../../core/job';
import { isJsonObject, type JsonObject } from '../../core/json';
import type { Model } from '../../core/model';
import type { Page, PageRequest, Storage, StorageSession } from '../../core/storage';
import { assertStudyCommand, firstPhase, type StudyRecord } from '../../core/study';
import type { TrialWithCurve } from '../../core/trial';
import { requireDataset, toDataset, type Datasets } from '../datasets/dataset-service';
import type { Analysts } from '../reports/analysts';
import type { StudyAudits } from '../reports/study-audits';
import { notFound, type StudyCommands } from '../scheduler/commands';
import type { Scheduler } from '../scheduler/scheduler';
import { announceStudy } from '../scheduler/transitions';
import type { EventService, InTransaction, Study, StudyService, UploadedTable } from '../services';
import { resolveExternal, resolveSpecification } from '../specification';
import { toTrial } from '../trials/trial-view';
import { toStudy } from './study-view';
import { startWarm } from './warm-start';

export interface StudyPorts {
  readonly storage: Storage;
  readonly transport: TrialTransport;
  readonly analysts: Analysts;
  readonly audits: StudyAudits;
  readonly scheduler: Scheduler;
  readonly commands: StudyCommands;
  readonly datasets: Datasets;
  readonly events: EventService;
}

export class Studies implements StudyService {
  readonly #ports: StudyPorts;

  constructor(ports: StudyPorts) {
    this.#ports = ports;
  }

  async create(body: unknown, also?: InTransaction<Study>): Promise<Study> {
    const { storage } = this.#ports;
    const { start, specification } = separateStart(body);
    const record = this.#recordOf(specification, start);
    const study = await storage.write((session) => {
      // The dataset may have been deleted while the specification was resolved.
      if (record.dataset !== null) requireDataset(session, record.dataset);
      const made = this.#insert(session, record);
      also?.(session, made);
      return made;
    });
    if (start) await this.#ports.commands.takeUp(study.id);
    return study;
  }

  async tune(
    upload: UploadedTable,
    target: string,
    spec: unknown,
    also?: InTransaction<{ dataset: Dataset; study: Study }>,
  ): Promise<{ dataset: Dataset; study: Study }> {
    const { storage, datasets } = this.#ports;
    const { start, specification } = separateStart(spec ?? {});
    const dataset = await datasets.read(upload);
    const record = this.#record({ ...specification, dataset: dataset.id, target }, dataset, start);
    const made = await storage.write((session) => {
      session.insertDataset(dataset);
      const answer = { dataset: toDataset(dataset), study: this.#insert(session, record) };
      also?.(session, answer);
      return answer;
    });
    if (start) await this.#ports.commands.takeUp(made.study.id);
    return made;
  }

  list(page: PageRequest): Page<Study> {
    const { storage } = this.#ports;
    const { items, nextCursor } = storage.studies(page);
    return { items: items.map((record) => toStudy(storage, record)), nextCursor };
  }

  get(id: string): Study {
    return toStudy(this.#ports.storage, this.#require(id));
  }

  async wait(id: string, seconds: number, signal: AbortSignal): Promise<Study> {
    const { events } = this.#ports;
    this.#require(id);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        unsubscribe();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      const unsubscribe = events.subscribe(id, () => {
        if (events.isOver(id)) done();
      });
      signal.addEventListener('abort', done);
      if (signal.aborted || events.isOver(id)) done();
    });
    return this.get(id);
  }

  start(id: string, also?: InTransaction<Study>): Promise<Study> {
    return this.#after(id, also, (within) => this.#ports.commands.start(id, within));
  }

  pause(id: string, also?: InTransaction<Study>): Promise<Study> {
    return this.#after(id, also, (within) => this.#ports.commands.pause(id, within));
  }

  resume(id: string, also?: InTransaction<Study>): Promise<Study> {
    return this.#after(id, also, (within) => this.#ports.commands.resume(id, within));
  }

  stop(id: string, also?: InTransaction<Study>): Promise<Study> {
    return this.#after(id, also, (within) => this.#ports.commands.stop(id, within));
  }

  extend(id: string, body: unknown, also?: InTransaction<Study>): Promise<Study> {
    return this.#after(id, also, (within) => this.#ports.commands.extend(id, body, within));
  }

  async delete(id: string): Promise<void> {
    await this.#ports.storage.write((session) => {
      const study = session.study(id);
      if (study === null) throw notFound(id);
      assertStudyCommand('delete', study.state);
      if (session.trialCounts(id).running > 0) {
        throw new ConflictError(
          'invalid_state',
          'trials of this paused study still run; stop it, or wait for their end',
        );
      }
      session.deleteStudy(id);
    });
    this.#ports.scheduler.drop(id);
  }

  async report(id: string, format: 'json' | 'html'): Promise<string> {
    await this.#ports.audits.ready(this.#require(id));
    return this.#ports.analysts.report(id, format);
  }

  best(id: string): { trial: TrialWithCurve; model: Model | null } {
    const { storage } = this.#ports;
    const { best, spec } = this.#require(id);
    if (spec.objectives.length > 1) {
      throw new ConflictError(
        'pareto_study',
        `a study with several objectives has no best trial; GET /v1/studies/${id}/pareto has those that no other dominates`,
      );
    }
    const trial = best === null ? null : storage.trial(id, best.trial);
    if (trial === null)
      throw new ConflictError('no_completed_trial', 'no trial of this study has completed yet');
    const curve = storage.curve(id, trial.number);
    return { trial: { ...toTrial(trial), curve }, model: storage.finalModel(id) };
  }

  #recordOf(specification: JsonObject, start: boolean): StudyRecord {
    if (specification['execution'] !== 'external') {
      const dataset = requireDataset(this.#ports.storage, datasetOf(specification));
      return this.#record(specification, dataset, start);
    }
    const spec = resolveExternal(specification, () => randomInt(2 ** 31));
    return newStudy(spec, { dataset: null, target: null, task: null, document: spec.space }, start);
  }

  #record(specification: JsonObject, dataset: StoredDataset, start: boolean): StudyRecord {
    const { transport } = this.#ports;
    const { spec, document } = resolveSpecification(specification, {
      dataset,
      devices: [...new Set(transport.slots().map(({ device }) => device))],
      engines: transport.engines(),
      slots: transport.slots().length,
      drawSeed: () => randomInt(2 ** 31),
    });
    const { target, task } = spec;
    return newStudy(spec, { dataset: dataset.id, target, task, document }, start);
  }

  #insert(session: StorageSession, record: StudyRecord): Study {
    if (record.state === 'running') this.#ports.commands.assertRoom(session);
    session.insertStudy(record);
    startWarm(session, record);
    announceStudy(session, record.id);
    return toStudy(session, record);
  }

  async #after(
    id: string,
    also: InTransaction<Study> | undefined,
    command: (within: (session: StorageSession) => void) => Promise<void>,
  ): Promise<Study> {
    await command((session) => {
      const record = session.study(id);
      if (record !== null) also?.(session, toStudy(session, record));
    });
    return this.get(id);
  }

  #require(id: string): StudyRecord {
    const study = this.#ports.storage.study(id);
    if (study === null) throw notFound(id);
    return study;
  }
}

function newStudy(
  spec: StudyRecord['spec'],
  about: Pick<StudyRecord, 'dataset' | 'target' | 'task' | 'document'>,
  start: boolean,
): StudyRecord {
  const createdAt = new Date().toISOString();
  return {
    id: newId('st'),
    name: spec.name,
    state: start ? 'running' : 'created',
    ...about,
    spec,
    phase: start ? firstPhase(spec) : null,
    stopReason: null,
    best: null,
    runningMs: 0,
    createdAt,
    startedAt: start ? createdAt : null,
    finishedAt: null,
    error: null,
  };
}

function separateStart(body: unknown): { start: boolean; specification: JsonObject } {
  if (!isJsonObject(body)) {
    throw new InvalidError(
      'invalid_specification',
      'a study is described by a JSON object, such as {"dataset": "ds_…", "target": "…"}',
    );
  }
  const { start = true, ...specification } = body;
  if (typeof start !== 'boolean') {
    const message = 'must be true or false';
    throw new InvalidError('invalid_specification', `start ${message}`, {
      errors: [{ path: 'start', message }],
    });
  }
  return { start, specification };
}

function datasetOf(specification: JsonObject): string {
  const { dataset } = specification;
  if (typeof dataset !== 'string') {
    const message = 'the id of a dataset is required, such as "ds_01…"';
    throw new InvalidError('invalid_specification', `dataset: ${message}`, {
      errors: [{ path: 'dataset', message }],
    });
  }
  return dataset;
}
