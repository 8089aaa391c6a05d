import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestHandler } from 'express';
import type { Telemetry } from '../core/telemetry';
import type { Services } from '../services';

const NANOSECONDS = 1e9;
const MILLISECONDS = 1e3;

export interface ApiTelemetry extends Telemetry {
  /** Times requests by route template. */
  readonly middleware: RequestHandler;
  /** The Prometheus text; gauges are read now. */
  metrics(
    services: Services,
    dataFolder: string,
  ): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Figures of one service; ids never become labels. */
export function createTelemetry(): ApiTelemetry {
  const registers = [new Registry()];
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram =>
    new Histogram({ name, help, buckets, labelNames, registers });

  const trials = counter('tuneloom_trials_total', 'Trials that have ended', ['state', 'engine']);
  const spentSeconds = counter(
    'tuneloom_trial_seconds_total',
    'Time of trials on their workers, by what it went to',
    ['phase'],
  );
  const epochs = counter('tuneloom_epochs_total', 'Epochs that workers have reported');
  const lost = counter('tuneloom_attempts_lost_total', 'Attempts that were lost with their worker process');
  const restarts = counter('tuneloom_worker_restarts_total', 'Worker processes that ended unasked');
  const slots = gauge('tuneloom_slots', 'Slots by state', ['state']);
  const waiting = gauge('tuneloom_trials_waiting', 'Trials that wait for a slot');
  const delay = gauge(
    'tuneloom_event_loop_delay_p99_seconds',
    '99th percentile of the event-loop delay since the last scrape',
  );
  const free = gauge('tuneloom_free_disk_bytes', 'Bytes that are free on the disk of DATA_DIR');
  const commits = histogram('tuneloom_commit_seconds', 'Time of a commit', [0.001, 0.005, 0.02, 0.1, 0.5, 2]);
  const predictions = histogram(
    'tuneloom_prediction_seconds',
    'Time of a prediction call',
    [0.005, 0.02, 0.1, 0.5, 2, 10],
  );
  const requests = histogram(
    'tuneloom_http_request_seconds',
    'Time of an HTTP request',
    [0.005, 0.02, 0.1, 0.5, 2, 10],
    ['method', 'route', 'status'],
  );
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();

  return {
    trialFinished: (state, engine) => {
      trials.inc({ state, engine: engine ?? 'none' });
    },
    epochs: (count) => {
      epochs.inc(count);
    },
    trialSpent: (spent) => {
      for (const [phase, milliseconds] of Object.entries(spent)) {
        spentSeconds.inc({ phase }, milliseconds / MILLISECONDS);
      }
    },
    attemptLost: () => {
      lost.inc();
    },
    workerRestarted: () => {
      restarts.inc();
    },
    commit: (seconds) => {
      commits.observe(seconds);
    },
    prediction: (seconds) => {
      predictions.observe(seconds);
    },
    middleware: (request, response, next) => {
      const started = performance.now();
      response.once('finish', () => {
        const route = String(response.locals['route'] ?? 'unknown');
        requests.observe(
          { method: request.method, route, status: response.statusCode },
          (performance.now() - started) / 1000,
        );
      });
      next();
    },
    metrics: async (services, dataFolder) => {
      slots.reset();
      for (const { state } of services.system.status().slots) slots.inc({ state });
      waiting.set(services.system.waitingTrials());
      delay.set(loop.percentile(99) / NANOSECONDS);
      loop.reset();
      const { bavail, bsize } = await statfs(dataFolder);
      free.set(bavail * bsize);
      const [registry] = registers;
      return { contentType: registry?.contentType ?? 'text/plain', text: (await registry?.metrics()) ?? '' };
    },
  };
}
