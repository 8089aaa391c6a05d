import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * The service's log, one JSON object a line. Errors stand under `error`, which pino by itself writes as `{}`.
 * @param destination left out: the standard output
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, serializers: { error: pino.stdSerializers.err } };
  return destination === undefined ? pino(options) : pino(options, destination);
}
