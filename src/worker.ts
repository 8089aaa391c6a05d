/** A worker process of the embedded transport: forked by the API process, and gone when that is gone. */
import type { ToWorker } from './workers';
import { WorkerProcess } from './workers';

function main(): void {
  const [threads, device = 'cpu'] = process.argv.slice(2);
  if (process.send === undefined) {
    console.error('A worker is started by the service itself; workers on other machines are not built yet.');
    process.exit(1);
  }
  const worker = new WorkerProcess(Number(threads ?? 1), device, (message) => {
    if (process.connected) process.send?.(message);
  });
  process.on('message', (message: ToWorker) => {
    worker.receive(message);
  });
  process.on('disconnect', () => process.exit(0));
  // The API process decides when workers end; a signal to the whole group must not be faster.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => process.exit(0));
  void worker.start();
}

main();
