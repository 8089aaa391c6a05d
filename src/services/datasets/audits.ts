import { auditDataset, type Audit } from '../../datasets';

/** Audits that are kept: a table never changes. */
const MOST_KEPT = 32;

/** Audits of tables: one at a time, equal requests share one, the latest are kept. */
export class Audits {
  readonly #kept = new Map<string, Promise<Audit>>();
  #last: Promise<unknown> = Promise.resolve();

  get(folder: string, target: string | null): Promise<Audit> {
    const key = JSON.stringify([folder, target]);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const audit = this.#last.then(() => auditDataset(folder, target));
    this.#last = audit.catch(() => undefined);
    this.#kept.set(key, audit);
    audit.catch(() => this.#kept.delete(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return audit;
  }
}
