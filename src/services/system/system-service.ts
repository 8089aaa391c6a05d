import type { TrialTransport } from '../../core/job';
import type { JsonObject } from '../../core/json';
import type { StorageSession } from '../../core/storage';
import { presets } from '../presets';
import type { SystemService } from '../services';

export class System implements SystemService {
  readonly #transport: TrialTransport;
  readonly #storage: StorageSession;
  readonly #version: string;
  #closing = false;

  constructor(transport: TrialTransport, storage: StorageSession, version: string) {
    this.#transport = transport;
    this.#storage = storage;
    this.#version = version;
  }

  status(): ReturnType<SystemService['status']> {
    const slots = this.#transport.slots();
    const devices = [...new Set(slots.map(({ device }) => device))];
    return { version: this.#version, engines: this.#transport.engines(), devices, slots };
  }

  waitingTrials(): number {
    const running = this.#storage.studiesIn(['running']);
    return running.reduce((sum, { id }) => sum + this.#storage.trialCounts(id).waiting, 0);
  }

  presets(): readonly JsonObject[] {
    return presets().map((preset) => ({ ...preset }));
  }

  notReady(): string | null {
    if (this.#closing) return 'the service is shutting down';
    return this.#transport.ready() ? null : 'no worker is up yet';
  }

  /** From now on the service says that it is not ready. */
  close(): void {
    this.#closing = true;
  }
}
