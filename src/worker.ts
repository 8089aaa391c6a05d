/** A worker process of the embedded transport: forked by the API process, and gone when that is gone. */
import type { ToWorker, WorkerOptions } from './workers';
import { WorkerProcess } from './workers';

function main(): void {
  const [options = '{}'] = process.argv.slice(2);
  if (process.send === undefined) {
    console.error('A worker is started by the service itself; workers on other machines are not built yet.');
    process.exit(1);
  }
  const worker = WorkerProcess.start(JSON.parse(options) as WorkerOptions, (message) => {
    if (process.connected) process.send?.(message);
  });
  worker.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  // A job may come before the process is ready for it.
  process.on('message', (message: ToWorker) => {
    void worker.then((started) => {
      started.receive(message);
    });
  });
  // At once, and without tearing anything down: a training thread may be inside native code.
  const end = (): void => {
    process.kill(process.pid, 'SIGKILL');
  };
  process.on('disconnect', end);
  // The API process decides when workers end; a signal to the whole group must not be faster.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', end);
}

main();
