import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { stopAll, testService, type TestService } from './harness';

let service: TestService;

beforeAll(async () => {
  service = await testService({ DEVICES: 'cpu:1' });
});
afterAll(stopAll);

describe('the examples of the documentation', () => {
  it('ask-and-tell.sh trains a study from a shell', async () => {
    const [state, best] = (await run('ask-and-tell')).join(' ').split(' ');
    expect(state).toBe('completed');
    expect(Number(best)).toBeLessThan(0.2);
    expect((await newestStudy()).progress.total).toBe(12);
  }, 60_000);

  it('pareto.sh prints a front, and makes a model of its most exact trial', async () => {
    const [state, ...lines] = await run('pareto');
    expect(state).toBe('completed');
    const front = lines.slice(0, -1).map((line) => numbersOf(line).slice(1));
    expect(front.length).toBeGreaterThan(0);
    for (const [loss = NaN, parameters = NaN] of front) {
      const dominated = front.some(([less = NaN, fewer = NaN]) => less < loss && fewer < parameters);
      expect(dominated).toBe(false);
    }
    const best = [...front].sort(([a = NaN], [b = NaN]) => a - b)[0];
    const [trial, accuracy] = numbersOf(lines.at(-1) ?? '');
    expect(lines).toContain(
      `trial ${String(trial)}: log loss ${best?.[0]?.toFixed(3) ?? ''} with ${String(best?.[1])} parameters`,
    );
    expect(accuracy).toBeGreaterThan(0.8);
  }, 60_000);

  it('constraints.sh finds the best network within a size', async () => {
    const [state, broke, best] = await run('constraints');
    expect(state).toBe('completed');
    expect(numbersOf(broke ?? '')[0]).toBeGreaterThan(0);
    expect(numbersOf(best ?? '')[2]).toBeLessThanOrEqual(300);
  }, 60_000);

  it('kfold.sh prints mean and spread over the folds', async () => {
    const [state, best, model] = await run('kfold');
    expect(state).toBe('completed');
    const [, loss, spread, folds] = numbersOf(best ?? '');
    expect(loss).toBeLessThan(0.5);
    expect(spread).toBeGreaterThan(0);
    expect(folds).toBe(3);
    expect(numbersOf(model ?? '')[0]).toBeGreaterThan(0.8);
  }, 60_000);

  it("warm-start.sh tries a point of one's own, and starts a second study from the first", async () => {
    const [first, second] = await run('warm-start');
    expect(first).toMatch(/^first: completed /);
    expect(second).toMatch(/^second: completed /);
    const studies = await studiesOf();
    const [later, earlier] = [await newestStudy(), studies.at(-2)];
    expect((await firstPoint(earlier?.id))['training.learningRate']).toBe(0.03);
    const best = await service.call('GET', `/v1/studies/${earlier?.id ?? ''}/best`);
    expect(await firstPoint(later.id)).toEqual((best.body['trial'] as { params: unknown }).params);
  }, 60_000);
});

interface ListedStudy {
  readonly id: string;
  readonly progress: { readonly total: number };
}

/** Runs an example, and gives the lines that it prints. */
async function run(name: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(`docs/examples/${name}.sh`, [service.address]);
  return stdout.trim().split('\n');
}

async function studiesOf(): Promise<ListedStudy[]> {
  const { body } = await service.call('GET', '/v1/studies');
  return (body['items'] as ListedStudy[]).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function newestStudy(): Promise<ListedStudy> {
  const newest = (await studiesOf()).at(-1);
  if (newest === undefined) throw new Error('there is no study');
  return newest;
}

async function firstPoint(study = ''): Promise<Record<string, unknown>> {
  const { body } = await service.call('GET', `/v1/studies/${study}/trials/0`);
  return body['params'] as Record<string, unknown>;
}

function numbersOf(line: string): number[] {
  return (line.match(/\d+(\.\d+)?/g) ?? []).map(Number);
}
