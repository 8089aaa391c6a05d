import type { TrialTransport } from '../../core/job';
import type { JsonObject } from '../../core/json';
import { presets } from '../presets';
import type { SystemService } from '../services';

export class System implements SystemService {
  readonly #transport: TrialTransport;
  readonly #version: string;
  #closing = false;

  constructor(transport: TrialTransport, version: string) {
    this.#transport = transport;
    this.#version = version;
  }

  status(): ReturnType<SystemService['status']> {
    const slots = this.#transport.slots();
    const devices = [...new Set(slots.map(({ device }) => device))];
    return { version: this.#version, engines: this.#transport.engines(), devices, slots };
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
