import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '../../src/core/storage';
import { openReader, openStorage } from '../../src/storage';
import { storedDataset, storedTrial, studyRecord } from './records';

let folder: string;
let storage: Storage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuneloom-insights-'));
  storage = openStorage({ dataDir: folder });
  await storage.write((session) => {
    session.insertDataset(storedDataset('ds_1'));
    session.insertStudy(studyRecord('st_1', 'ds_1'));
    session.insertTrial(storedTrial('st_1', 0));
    session.putInsight('st_1', 'checks', { findings: [] });
  });
});
afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

describe('stored insights', () => {
  it('are kept by kind, replaced, taken away, and deleted with their study', async () => {
    await storage.write((session) => {
      session.putInsight('st_1', 'checks', { findings: [1] });
      session.putInsight('st_1', 'analysis', { worst: [] });
    });
    expect(storage.insight('st_1', 'checks')).toEqual({ findings: [1] });
    await storage.write((session) => {
      session.putInsight('st_1', 'analysis', null);
    });
    expect(storage.insight('st_1', 'analysis')).toBeNull();
    await storage.write((session) => {
      session.deleteStudy('st_1');
    });
    expect(storage.insight('st_1', 'checks')).toBeNull();
  });
});

describe('a reader', () => {
  it('sees committed rows beside the writer, and later ones too', async () => {
    const reader = openReader(folder);
    try {
      expect(reader.study('st_1')).toEqual(storage.study('st_1'));
      expect(reader.history('st_1')).toEqual(storage.history('st_1'));
      expect(reader.insight('st_1', 'checks')).toEqual({ findings: [] });
      await storage.write((session) => {
        session.putInsight('st_1', 'analysis', { worst: [1] });
      });
      expect(reader.insight('st_1', 'analysis')).toEqual({ worst: [1] });
    } finally {
      reader.close();
    }
  });
});
