import type { Services } from '../services';

export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface ApiSettings {
  readonly host: string;
  readonly apiKeys: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly maxUploadBytes: number;
  readonly minFreeBytes: number;
}

/** What requests are answered with. */
export interface ApiContext {
  readonly services: Services;
  readonly settings: ApiSettings;
  readonly uploadFolder: string;
  readonly logger: Log;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Aborts when the service shuts down: open streams and waits end. */
  readonly closing: AbortSignal;
}
