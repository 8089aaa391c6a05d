import { join } from 'node:path';
import { Piscina } from 'piscina';
import { childEntry } from '../../core/entry';
import { NotFoundError } from '../../core/errors';
import type { JsonObject } from '../../core/json';
import type { PairedComparison } from '../../insight';
import type { AnalysisRequest } from './analysis';
import type { ComparisonRequest, Selection, SelectionRequest } from './compare-predictions';

export type AnalystTask =
  | { readonly kind: 'analyse'; readonly request: AnalysisRequest }
  | { readonly kind: 'compare'; readonly request: ComparisonRequest }
  | { readonly kind: 'select'; readonly request: SelectionRequest }
  | { readonly kind: 'report'; readonly study: string; readonly format: 'json' | 'html' };

const IDLE_MS = 30_000;

/**
 * What is too slow for the event loop: error analysis and reports run in a pool of threads of the API process, each
 * with a read-only connection of its own. No thread runs while there is nothing to do.
 */
export class Analysts {
  readonly #pool: Piscina;

  constructor(dataDir: string) {
    this.#pool = new Piscina({
      filename: childEntry(join(__dirname, '..', '..'), 'analyst'),
      minThreads: 0,
      maxThreads: 2,
      idleTimeout: IDLE_MS,
      workerData: { dataDir },
    });
  }

  analyse(request: AnalysisRequest): Promise<JsonObject> {
    return this.#pool.run({ kind: 'analyse', request } satisfies AnalystTask) as Promise<JsonObject>;
  }

  /** How two networks compare on the same rows. */
  compare(request: ComparisonRequest): Promise<PairedComparison> {
    return this.#pool.run({ kind: 'compare', request } satisfies AnalystTask) as Promise<PairedComparison>;
  }

  /** How often each network counts in the best mean of them, and what the mean says. */
  select(request: SelectionRequest): Promise<Selection> {
    return this.#pool.run({ kind: 'select', request } satisfies AnalystTask) as Promise<Selection>;
  }

  /** The report as JSON text, or as one page. @throws NotFoundError `study_not_found` */
  async report(study: string, format: 'json' | 'html'): Promise<string> {
    const text = (await this.#pool.run({ kind: 'report', study, format } satisfies AnalystTask)) as
      string | null;
    if (text === null) throw new NotFoundError('study_not_found', `there is no study ${study}`);
    return text;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
