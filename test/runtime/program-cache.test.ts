import { ProgramCache, type Cached } from '../../src/runtime/program-cache';

class Program implements Cached {
  released = false;
  constructor(readonly bytes: number) {}
  release(): Promise<void> {
    this.released = true;
    return Promise.resolve();
  }
}

const never = (): Promise<Program> => Promise.reject(new Error('it was made again'));

describe('the cache of compiled programs', () => {
  it('makes a program once', async () => {
    const cache = new ProgramCache<Program>({ programs: 4, bytes: 100 });
    const made = await cache.get('a', () => Promise.resolve(new Program(10)));
    expect(await cache.get('a', never)).toBe(made);
    expect(cache.bytes).toBe(10);
  });

  it('releases the longest unused when there are too many', async () => {
    const cache = new ProgramCache<Program>({ programs: 2, bytes: 100 });
    const [a, b, c] = [new Program(1), new Program(1), new Program(1)];
    await cache.get('a', () => Promise.resolve(a));
    await cache.get('b', () => Promise.resolve(b));
    await cache.get('a', never);
    await cache.get('c', () => Promise.resolve(c));
    expect([a.released, b.released, c.released]).toEqual([false, true, false]);
    expect(cache.size).toBe(2);
  });

  it('releases as many as it takes to hold the bytes, but never the one that is asked for', async () => {
    const cache = new ProgramCache<Program>({ programs: 10, bytes: 100 });
    const small = [30, 30, 30].map((bytes) => new Program(bytes));
    for (const [i, program] of small.entries()) await cache.get(String(i), () => Promise.resolve(program));
    await cache.get('middle', () => Promise.resolve(new Program(60)));
    expect(small.map(({ released }) => released)).toEqual([true, true, false]);
    expect(cache.bytes).toBe(90);
    const large = new Program(500);
    expect(await cache.get('large', () => Promise.resolve(large))).toBe(large);
    expect(large.released).toBe(false);
    expect([cache.size, cache.bytes]).toEqual([1, 500]);
  });

  it('stays as it was where a program cannot be made', async () => {
    const cache = new ProgramCache<Program>({ programs: 2, bytes: 100 });
    await expect(cache.get('a', never)).rejects.toThrow('made again');
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });
});
