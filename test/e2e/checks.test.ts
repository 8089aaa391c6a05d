import { penguins, stopAll, testService, until, type TestService } from './harness';

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

const SPEC = {
  model: { layers: [{ dense: { units: { $choice: [8, 16, 32] }, activation: 'relu' } }] },
  training: { epochs: 5, learningRate: { $float: [0.003, 0.03], log: true } },
  search: { sampler: 'random', pruner: 'none', trials: 3, seed: 2 },
};
/** A network that cannot learn: its one layer gives nothing. */
const BROKEN = {
  ...SPEC,
  model: { layers: [{ dense: { units: 8, activation: 'relu', kernelInitializer: 'zeros' } }] },
};

let service: TestService;

jest.setTimeout(120_000);

beforeAll(async () => {
  service = await testService({ DEVICES: 'cpu:1' });
}, 60_000);
afterAll(stopAll);

async function begun(on: TestService, spec: object): Promise<string> {
  const { status, body } = await on.upload('/v1/tune', await penguins(), {
    target: 'Species',
    spec: JSON.stringify(spec),
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return (body['study'] as { id: string }).id;
}

async function ended(on: TestService, id: string): Promise<Record<string, unknown>> {
  return until(async () => {
    const { body } = await on.call('GET', `/v1/studies/${id}?wait=10`);
    return ['completed', 'failed', 'stopped'].includes(String(body['state'])) ? body : null;
  }, 90);
}

async function checksOf(on: TestService, id: string): Promise<readonly Finding[] | null> {
  const { body } = await on.call('GET', `/v1/studies/${id}/report`);
  return body['checks'] as readonly Finding[] | null;
}

/** Phases of the study in the order in which its events tell them. */
async function phasesOf(on: TestService, id: string): Promise<readonly string[]> {
  const response = await fetch(`${on.address}/v1/studies/${id}/events?types=study.changed`);
  const data = [...(await response.text()).matchAll(/^data: ?(.*)$/gmu)].map(
    ([, text = '{}']) => JSON.parse(text) as { progress?: { phase: string | null } },
  );
  return data
    .flatMap(({ progress }) => progress?.phase ?? [])
    .filter((phase, i, all) => phase !== all[i - 1]);
}

describe('the checks of a study', () => {
  it('come before its search, by default, and are in its report with the baselines', async () => {
    const id = await begun(service, SPEC);
    expect((await ended(service, id))['state']).toBe('completed');
    expect(await phasesOf(service, id)).toEqual(['checks', 'search', 'final']);
    const { body } = await service.call('GET', `/v1/studies/${id}/report`);
    const checks = body['checks'] as readonly Finding[];
    expect(checks.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['initial_loss', 'overfits_small_batch', 'inputs_look_wrong']),
    );
    const baselines = body['baselines'] as readonly { name: string; metrics: Record<string, number> }[];
    expect(baselines.map(({ name }) => name)).toEqual(['class shares', 'logistic', 'small network']);
    expect(baselines[1]?.metrics['accuracy']).toBeGreaterThan(0.9);
    const findings = body['findings'] as readonly Finding[];
    expect(findings.map(({ code }) => code)).toContain('initial_loss');
  });

  it('stop a strict study that fails them, with the reason, and let a standard one go on', async () => {
    const strict = await ended(service, await begun(service, { ...BROKEN, checks: 'strict' }));
    expect(strict).toMatchObject({ state: 'failed', error: { code: 'checks_failed' }, stopReason: null });
    expect((strict['error'] as { message: string }).message).toContain('overfits_small_batch');
    expect(strict['progress']).toMatchObject({ completed: 0, waiting: 0, running: 0 });
    expect(await checksOf(service, String(strict['id']))).toContainEqual(
      expect.objectContaining({ code: 'overfits_small_batch', severity: 'problem' }),
    );
    const standard = await ended(service, await begun(service, BROKEN));
    expect(standard).toMatchObject({ state: 'completed', progress: { completed: 3 } });
  });

  it('are left out where they are off', async () => {
    const id = await begun(service, { ...SPEC, checks: 'off' });
    await ended(service, id);
    expect(await checksOf(service, id)).toBeNull();
    expect(await phasesOf(service, id)).toEqual(['search', 'final']);
  });

  it('are stopped with the study', async () => {
    // So wide that its checks alone take a while.
    const wide = {
      layers: Array.from({ length: 6 }, () => ({ dense: { units: 1024, activation: 'relu' } })),
    };
    const id = await begun(service, { ...SPEC, model: wide });
    const { body } = await service.call('GET', `/v1/studies/${id}`);
    expect(body['progress']).toMatchObject({ phase: 'checks' });
    expect((await service.call('POST', `/v1/studies/${id}/stop`)).status).toBe(200);
    const study = await ended(service, id);
    expect(study).toMatchObject({ state: 'stopped', stopReason: 'user', progress: { completed: 0 } });
    expect(await checksOf(service, id)).toBeNull();
    // The slot is free again: another study ends soon.
    expect((await ended(service, await begun(service, { ...SPEC, checks: 'off' })))['state']).toBe(
      'completed',
    );
  });

  it('are carried out again after a crash in their middle, and not after one behind them', async () => {
    const first = await testService({ DEVICES: 'cpu:1' });
    const id = await begun(first, SPEC);
    await first.kill();
    const second = await first.restart();
    await until(async () => (await checksOf(second, id)) !== null);
    const before = await checksOf(second, id);
    await second.kill();
    const third = await second.restart();
    expect(await ended(third, id)).toMatchObject({ state: 'completed', progress: { completed: 3 } });
    expect(await checksOf(third, id)).toEqual(before);
    expect((await phasesOf(third, id)).filter((phase) => phase === 'checks')).toHaveLength(1);
    await third.stop();
  });
});
