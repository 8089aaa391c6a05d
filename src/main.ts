import { startApplication, type Application } from './app';
import { loadConfig } from './config';
import { TuneloomError } from './core/errors';
import type { EngineStatus } from './core/job';

/** Whoever asked the service to end waits no longer than this, in milliseconds. */
const SHUTDOWN_MS = 8000;

async function main(): Promise<void> {
  let application: Application | null = null;
  let asked = false;
  const end = (): void => {
    // A second signal means now.
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    if (application === null) process.exit(0);
    void application.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  application = await startApplication(loadConfig(process.env));
  console.log(`Tuneloom listens on ${application.address}`);
  console.log(`Documentation and a form for every call: ${application.address}/docs`);
  for (const line of engineLines(application.engines)) console.log(line);
}

/** What trains, and how to get what is not there. */
function engineLines(engines: readonly EngineStatus[]): readonly string[] {
  const there = engines.filter(({ available }) => available);
  const described = there.map(
    ({ name, version, devices }) => `${name} ${version ?? ''} (${devices.join(', ')})`,
  );
  const missing = engines.filter(({ available }) => !available);
  return [
    `Engines: ${described.join('; ')}`,
    ...missing.map(({ name, reason }) => `Without the engine ${name}: ${reason ?? ''}`),
  ];
}

main().catch((error: unknown) => {
  // A wrong setting or a taken port is the operator's to mend: one line. Anything else is a bug: the whole story.
  const known = error instanceof TuneloomError || (error instanceof Error && 'code' in error);
  console.error(known ? error.message : error);
  process.exit(1);
});
