import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobOutcome, TransportListener, TrialJob, TrialTransport } from '../../src/core/job';
import type { Telemetry } from '../../src/core/telemetry';
import { createIpcTransport } from '../../src/transport';
import { configOf, openPenguins, type Penguins } from '../training/penguins';

let penguins: Penguins;
let folder: string;

beforeAll(async () => {
  penguins = await openPenguins();
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-retirement-'));
});
afterAll(async () => {
  await penguins.close();
  await rm(folder, { recursive: true, force: true });
});

/** Hears how jobs end; nothing else may happen. */
class Heard implements TransportListener {
  readonly #ends = new Map<string, (outcome: JobOutcome) => void>();
  #free: (() => void) | null = null;
  readonly #transport: TrialTransport;

  constructor(transport: TrialTransport) {
    this.#transport = transport;
  }

  started(): void {}
  epochs(): void {}
  checkpoint(): void {}

  finished(job: string, outcome: JobOutcome): void {
    this.#ends.get(job)?.(outcome);
  }

  lost(jobs: readonly string[]): void {
    throw new Error(`${jobs.join()} were lost`);
  }

  slotsChanged(): void {
    if (this.#transport.free(null) > 0) this.#free?.();
  }

  async run(job: TrialJob): Promise<{ outcome: JobOutcome; freeAtOnce: number }> {
    const ended = new Promise<{ outcome: JobOutcome; freeAtOnce: number }>((resolve) => {
      this.#ends.set(job.id, (outcome) => {
        resolve({ outcome, freeAtOnce: this.#transport.free(null) });
      });
    });
    this.#transport.run(job);
    return ended;
  }

  async slot(): Promise<void> {
    if (this.#transport.free(null) > 0) return;
    await new Promise<void>((resolve) => (this.#free = resolve));
  }
}

async function jobOf(id: string): Promise<TrialJob> {
  const { job: data } = await penguins.of('Species', 'multiclass');
  const model = { layers: [{ dense: { units: 4 } }] };
  return {
    id,
    study: 'st',
    trial: 0,
    seed: 1,
    data,
    config: configOf({ model, training: { epochs: 2 } }, 'multiclass'),
    objective: { metric: 'validation.logLoss', direction: 'minimize' },
    verdicts: null,
    engine: 'compiled',
    device: null,
    isolated: false,
    checkpoint: null,
    checkpointMs: Infinity,
  };
}

describe('a worker process', () => {
  it.each([
    ['that has grown too much is replaced, and its trials go on in the next', -1, 0],
    ['that has not is kept', Infinity, 1],
  ])(
    '%s',
    async (_, mostGrowth, freeAtOnce) => {
      const transport = createIpcTransport({
        devices: [{ device: 'cpu', slots: 1 }],
        costsFile: join(folder, 'costs.json'),
        datasetMemory: 1 << 26,
        telemetry: { epochs: jest.fn(), trialSpent: jest.fn() } as unknown as Telemetry,
        mostGrowth,
      });
      const heard = new Heard(transport);
      transport.listen(heard);
      await transport.start();
      try {
        const ends = [];
        for (const id of ['a/0/1', 'a/1/1', 'a/2/1']) {
          await heard.slot();
          ends.push(await heard.run(await jobOf(id)));
        }
        expect(ends.map(({ outcome }) => outcome.state)).toEqual(['completed', 'completed', 'completed']);
        expect(ends.map((end) => end.freeAtOnce)).toEqual([freeAtOnce, freeAtOnce, freeAtOnce]);
      } finally {
        await transport.close(3000);
      }
    },
    120_000,
  );
});
