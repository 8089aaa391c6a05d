import type { Storage } from '../../core/storage';
import type { StudyEvent, StudyEventType } from '../../core/study';
import { notFound } from '../scheduler/commands';
import type { EventService } from '../services';

export class Events implements EventService {
  readonly #storage: Storage;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(storage: Storage) {
    this.#storage = storage;
    storage.onCommit((studies) => {
      for (const study of studies) {
        for (const listener of [...(this.#listeners.get(study) ?? [])]) listener();
      }
    });
  }

  read(
    study: string,
    after: number,
    limit: number,
    types: readonly StudyEventType[] | null,
  ): readonly StudyEvent[] {
    return this.#storage.events(study, after, limit, types);
  }

  last(study: string): number {
    if (this.#storage.study(study) === null) throw notFound(study);
    return this.#storage.lastEventId(study);
  }

  subscribe(study: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(study) ?? new Set();
    this.#listeners.set(study, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(study) === listeners) this.#listeners.delete(study);
    };
  }

  isOver(study: string): boolean {
    const state = this.#storage.study(study)?.state;
    return state === undefined || state === 'completed' || state === 'stopped' || state === 'failed';
  }
}
