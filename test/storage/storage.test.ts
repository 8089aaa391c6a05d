import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage, StorageSession } from '../../src/core/storage';
import { openBlobStore, openStorage } from '../../src/storage';
import { openDatabase } from '../../src/storage/database';
import { migrations } from '../../src/storage/migrations';
import { studyRecord, storedDataset, storedTrial } from './records';

let folder: string;
let storage: Storage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-storage-'));
  storage = openStorage({ dataDir: folder });
});
afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

const makeStudy = (session: StorageSession): void => {
  session.insertDataset(storedDataset('ds_1'));
  session.insertStudy(studyRecord('st_1', 'ds_1'));
};

describe('storage', () => {
  it('gives back what was written, after it was closed and opened again', async () => {
    await storage.write((session) => {
      makeStudy(session);
      session.insertTrial(storedTrial('st_1', 0));
    });
    const before = [storage.dataset('ds_1'), storage.study('st_1'), storage.trial('st_1', 0)];
    await storage.close();
    storage = openStorage({ dataDir: folder });
    expect([storage.dataset('ds_1'), storage.study('st_1'), storage.trial('st_1', 0)]).toEqual(before);
    expect(before).toEqual([storedDataset('ds_1'), studyRecord('st_1', 'ds_1'), storedTrial('st_1', 0)]);
  });

  it('undoes a write that throws, and no other of the same commit', async () => {
    const fails = storage.write((session) => {
      session.insertDataset(storedDataset('ds_bad'));
      throw new RangeError('no');
    });
    const works = storage.write(makeStudy);
    await expect(fails).rejects.toThrow('no');
    await works;
    expect(storage.dataset('ds_bad')).toBeNull();
    expect(storage.study('st_1')).not.toBeNull();
  });

  it('settles writes in the order of their calls', async () => {
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => storage.write(() => n).then((value) => order.push(value))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('refuses to write outside of a write', () => {
    expect(() => {
      storage.insertDataset(storedDataset('ds_1'));
    }).toThrow(/inside Storage.write/);
  });

  it('keeps one order of events over epochs and others, and never uses an id again', async () => {
    await storage.write((session) => {
      makeStudy(session);
      session.insertTrial(storedTrial('st_1', 0));
      session.appendEvent('st_1', 'trial.started', { study: 'st_1', trial: 0 });
      session.appendEpochs(
        'st_1',
        0,
        [1, 2].map((epoch) => ({ epoch, train: { loss: 1 }, validation: { loss: null } })),
      );
    });
    expect(storage.events('st_1', 0, 10, null).map(({ id, type }) => [id, type])).toEqual([
      [1, 'trial.started'],
      [2, 'trial.epoch'],
      [3, 'trial.epoch'],
    ]);
    expect(storage.events('st_1', 1, 1, null)).toHaveLength(1);
    expect(storage.events('st_1', 0, 10, ['trial.started'])).toHaveLength(1);
    await storage.write((session) => {
      session.deleteEpochs('st_1', 0, 0);
    });
    await storage.close();
    storage = openStorage({ dataDir: folder });
    await storage.write((session) => {
      session.appendEvent('st_1', 'trial.restarted', { study: 'st_1', trial: 0 });
    });
    expect(storage.events('st_1', 0, 10, null).map(({ id }) => id)).toEqual([1, 4]);
    expect(storage.lastEventId('st_1')).toBe(4);
  });

  it('refuses a transition that is not in the table', async () => {
    await storage.write((session) => {
      makeStudy(session);
      session.insertTrial(storedTrial('st_1', 0));
    });
    const wrong = storage.write((session) => {
      session.updateTrial('st_1', 0, { state: 'completed' });
    });
    await expect(wrong).rejects.toThrow(/waiting to completed/);
  });

  it('pages trials by value, those without one last, in both directions', async () => {
    await storage.write((session) => {
      makeStudy(session);
      [0.5, null, 0.1, 0.5, null, -2].forEach((value, number) => {
        session.insertTrial({ ...storedTrial('st_1', number), values: value === null ? null : [value] });
      });
    });
    const paged = (sort: 'value' | '-value'): number[] => {
      const numbers: number[] = [];
      let cursor: string | null = null;
      do {
        const page: ReturnType<Storage['trials']> = storage.trials(
          'st_1',
          { state: null, sort },
          { limit: 2, cursor },
        );
        numbers.push(...page.items.map(({ number }) => number));
        cursor = page.nextCursor;
      } while (cursor !== null);
      return numbers;
    };
    expect(paged('value')).toEqual([5, 2, 0, 3, 1, 4]);
    expect(paged('-value')).toEqual([0, 3, 2, 5, 1, 4]);
  });

  it('refuses a cursor of one’s own making', () => {
    expect(() => storage.studies({ limit: 1, cursor: 'bm8' })).toThrow(/nextCursor/);
  });

  it('deletes a study with all that belongs to it', async () => {
    await storage.write((session) => {
      makeStudy(session);
      session.insertTrial(storedTrial('st_1', 0));
      session.appendEvent('st_1', 'study.changed', { study: 'st_1' });
      session.deleteStudy('st_1');
    });
    expect(storage.trial('st_1', 0)).toBeNull();
    expect(storage.events('st_1', 0, 10, null)).toEqual([]);
    expect(storage.studiesOfDataset('ds_1')).toEqual([]);
  });

  it('is taken by one process at a time, and says so', () => {
    expect(() => openStorage({ dataDir: folder })).toThrow(/in use by another service/);
  });

  it('keeps studies with their trials when an older schema is brought up to date', async () => {
    const other = await mkdtemp(join(tmpdir(), 'tuneloom-older-'));
    const old = openDatabase(other, migrations.slice(0, 1)).raw;
    old.exec(`
      INSERT INTO datasets VALUES ('ds_1', 'a', 'csv', 1, 'aa', 1, '[]', 'key', '2026-01-01');
      INSERT INTO studies VALUES ('st_1', 'a', 'paused', 'ds_1', 't', 'binary', '{}', '{}', NULL, NULL, NULL, 5,
        '2026-01-01', NULL, NULL, NULL, NULL);
      INSERT INTO trials (study, number, state, params, config, seed, metrics, epochs, attempts, run, isolated, enqueued)
        VALUES ('st_1', 0, 'completed', '{}', '{}', 1, '{}', 3, 1, 1, 0, 0), ('st_1', 1, 'waiting', '{}', '{}', 1, '{}', 0, 0, 0, 0, 0);
      INSERT INTO events VALUES (1, 'st_1', 'study.changed', '{}');`);
    old.close();
    const newer = openStorage({ dataDir: other });
    expect(newer.study('st_1')).toMatchObject({ dataset: 'ds_1', runningMs: 5 });
    expect(newer.history('st_1').map(({ state }) => state)).toEqual(['completed', 'waiting']);
    expect(newer.trialCounts('st_1')).toMatchObject({ completed: 1, waiting: 1, running: 0 });
    expect(newer.events('st_1', 0, 10, null)).toHaveLength(1);
    await newer.write((session) => {
      session.updateTrial('st_1', 1, { state: 'cancelled' });
    });
    expect(newer.trialCounts('st_1')).toMatchObject({ completed: 1, waiting: 0, cancelled: 1 });
    await newer.close();
    await rm(other, { recursive: true });
  });

  it('refuses a schema that a newer program has written', async () => {
    await storage.close();
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(join(folder, 'tuneloom.sqlite'));
    database.pragma('user_version = 99');
    database.close();
    expect(() => openStorage({ dataDir: folder })).toThrow(/newer version/);
    const again = new Database(join(folder, 'tuneloom.sqlite'));
    again.pragma(`user_version = ${String(migrations.length)}`);
    again.close();
    storage = openStorage({ dataDir: folder });
  });

  it('loses nothing that it has acknowledged to a process that is killed', async () => {
    const other = await mkdtemp(join(tmpdir(), 'tuneloom-killed-'));
    const script = `
      const { openStorage } = require('./dist/storage');
      const storage = openStorage({ dataDir: ${JSON.stringify(other)} });
      const next = (n) => storage.write((session) => session.beginIdempotency('key ' + n, 'hash'))
        .then(() => { process.stdout.write(n + '\\n'); next(n + 1); });
      for (let i = 0; i < 8; i++) next(i * 100000);`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    while (printed.split('\n').length < 30) await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const acknowledged = printed.split('\n').slice(0, -1);
    expect(acknowledged.length).toBeGreaterThan(20);
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(join(other, 'tuneloom.sqlite'));
    const stored = new Set(database.prepare('SELECT scope FROM idempotency').pluck().all());
    database.close();
    expect(acknowledged.filter((n) => !stored.has(`key ${n}`))).toEqual([]);
    await rm(other, { recursive: true });
  });
});

describe('the blob store', () => {
  it('keeps bytes under their hash, once, and takes away what a crash left', async () => {
    const blobs = await openBlobStore(join(folder, 'blobs'));
    const [a, b] = await Promise.all([blobs.put(Buffer.from('weights')), blobs.put(Buffer.from('weights'))]);
    expect(a).toBe(b);
    expect(Buffer.from(await blobs.get(a)).toString()).toBe('weights');
    const left = `${blobs.path(a)}.dead.part`;
    await writeFile(left, 'half');
    await openBlobStore(join(folder, 'blobs'));
    await expect(readFile(left)).rejects.toThrow(/ENOENT/);
    await expect(blobs.get('00'.repeat(32))).rejects.toThrow(/no blob/);
  });

  it('sweeps what nobody names and is old', async () => {
    const blobs = await openBlobStore(join(folder, 'blobs'));
    const used = await blobs.put(Buffer.from('used'));
    const unused = await blobs.put(Buffer.from('unused'));
    expect(await blobs.sweep(3600_000, () => false)).toBe(0);
    expect(await blobs.sweep(-1, (sha256) => sha256 === used)).toBe(1);
    await expect(blobs.get(unused)).rejects.toThrow(/no blob/);
  });
});
