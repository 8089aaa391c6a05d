import { readdirSync, readFileSync } from 'node:fs';

/** Memory of a process and of all that it has started, in bytes: each page divided by those that share it (PSS). */
export function memoryOfTree(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^PPid:\s+(\d+)/m.exec(readOr(`/proc/${name}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  let kibibytes = 0;
  for (const pid of parents.keys()) {
    if (isBelow(pid))
      kibibytes += Number(/^Pss:\s+(\d+)/m.exec(readOr(`/proc/${String(pid)}/smaps_rollup`))?.[1] ?? 0);
  }
  return kibibytes * 1024;
}

/** Empty where the process has ended since the folder was listed. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
