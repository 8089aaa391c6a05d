import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

function startWith(devices: string, folder: string): Promise<Ended> {
  // No driver at all, whatever the machine has.
  const env = {
    ...process.env,
    DEVICES: devices,
    DATA_DIR: folder,
    PORT: '0',
    VK_ICD_FILENAMES: '/none.json',
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['dist/main.js'], { env }, (_, __, stderr) => {
      resolve({ code: child.exitCode, lines: stderr.trim().split('\n') });
    });
  });
}

describe('a device that is not there', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuneloom-devices-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['webgpu', 'cuda:63', 'cpu:1,webgpu'])(
    'stops the start of DEVICES=%s in one line that says why',
    async (devices) => {
      const { code, lines } = await startWith(devices, folder);
      expect(code).toBe(1);
      const device = devices.split(',').at(-1) ?? '';
      expect(lines.at(-1)).toMatch(new RegExp(`^DEVICES=${device}: no engine drives it: compiled: .{10,}`));
      expect(lines.join('\n')).not.toMatch(/ {4}at /);
    },
    60_000,
  );
});
