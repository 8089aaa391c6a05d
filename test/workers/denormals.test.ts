import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const DIST = join(__dirname, '../../dist');

/** Starts a worker in a process of its own, and says what it, a thread of it and a later session make of a denormal. */
const SCRIPT = `
const { Worker } = require('node:worker_threads');
const ort = require('onnxruntime-node');
const { operation, plainModel, valueOf } = require('${DIST}/compiler');
const { flushesDenormals } = require('${DIST}/runtime');
const { WorkerProcess } = require('${DIST}/workers');
const inThread = () => new Promise((resolve) => {
  const code = "const { parentPort } = require('node:worker_threads');" +
    "parentPort.postMessage(require('${DIST}/runtime').flushesDenormals())";
  new Worker(code, { eval: true }).on('message', resolve);
});
(async () => {
  const before = flushesDenormals();
  const options = { threads: 1, device: 'cpu', costsFile: process.argv[1] + '/costs.json', datasetMemory: 1 << 20 };
  const worker = await WorkerProcess.start(options, () => undefined);
  const [process_, thread] = [flushesDenormals(), await inThread()];
  const x = valueOf('float32', [1]);
  const made = operation('Identity', [x]);
  await ort.InferenceSession.create(plainModel({
    inputs: [{ name: 'x', value: x }], constants: [], operations: [made], outputs: [{ name: 'y', value: made.output }],
  }));
  console.log('found ' + JSON.stringify({ before, process: process_, thread, later: [flushesDenormals(), await inThread()] }));
  await worker.close();
})();
`;

/** Threads inherit the setting from the thread that makes them on Linux alone. */
const onLinux = process.platform === 'linux' ? it : it.skip;

describe('a worker', () => {
  onLinux(
    'takes denormal numbers for zero in all its threads, whatever sessions are made',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tuneloom-denormals-'));
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', SCRIPT, folder]);
      await rm(folder, { recursive: true, force: true });
      const found = /^found (.*)$/m.exec(stdout)?.[1] ?? '{}';
      expect(JSON.parse(found)).toEqual({ before: false, process: true, thread: true, later: [true, true] });
    },
    120_000,
  );
});
