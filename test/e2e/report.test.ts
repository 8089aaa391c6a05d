import { createHash } from 'node:crypto';
import { streamOf } from '../../src/core/random';
import { penguins, stopAll, testService, type Answer, type TestService } from './harness';

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly evidence: Readonly<Record<string, number>>;
}

let service: TestService;

jest.setTimeout(120_000);

beforeAll(async () => {
  service = await testService();
}, 60_000);
afterAll(stopAll);

/** A study of the sample table that has ended. */
async function ended(target: string, more: Record<string, unknown> = {}): Promise<string> {
  const spec = {
    search: { trials: 4, seed: 3, pruner: 'none' },
    training: { epochs: 15, learningRate: 0.02 },
    ...more,
  };
  const { status, body } = await service.upload('/v1/tune', await penguins(), {
    target,
    spec: JSON.stringify(spec),
  });
  expect(status).toBe(201);
  const { id } = body['study'] as { id: string };
  const { body: study } = await service.call('GET', `/v1/studies/${id}?wait=100`);
  expect(study['state']).toBe('completed');
  return id;
}

function sections(answer: Answer) {
  expect(answer.status).toBe(200);
  return answer.body as unknown as {
    study: { id: string };
    dataset: { rows: number };
    audit: { rows: number; findings: readonly Finding[] };
    search: {
      history: readonly unknown[];
      importance: { importances: Record<string, number> } | null;
    };
    diagnosis: {
      findings: readonly Finding[];
      curve: readonly unknown[];
      dataSizeCurve: { points: readonly { rows: number }[]; doubled: { gainLow: number; gainHigh: number } };
      firstLayer: { kind: string; features: readonly { name: string }[] };
    };
    baselines: readonly { name: string; metrics: Record<string, number> }[];
    errorAnalysis: {
      confusionMatrix: { labels: readonly string[]; validation: number[][]; test: number[][] } | null;
      calibration: { error: number } | null;
      residuals: { deviation: number; byFeature: readonly unknown[] } | null;
      worst: readonly { row: number; actual: unknown; values: Record<string, unknown>; error: number }[];
      permutationImportance: readonly { feature: string; importance: number }[];
    };
    final: {
      model: { id: string };
      metrics: Record<string, Record<string, number>>;
      confidence: Record<string, { value: number; low: number; high: number }>;
    };
    findings: readonly Finding[];
  };
}

/** The report of one network on a value that is a bent line. */
async function bend(model: Record<string, unknown>, epochs: number) {
  const stream = streamOf('bend');
  const rows = Array.from({ length: 400 }, () => {
    const x = stream.normal();
    return `${String(x)},${String(Math.abs(x) + 0.4 * x + 0.05 * stream.normal())}`;
  });
  const { body } = await service.upload('/v1/tune', ['x,y', ...rows].join('\n'), {
    target: 'y',
    spec: JSON.stringify({
      model,
      training: { epochs, learningRate: 0.02 },
      search: { trials: 1, seed: 3 },
    }),
  });
  const { id } = body['study'] as { id: string };
  await service.call('GET', `/v1/studies/${id}?wait=100`);
  return sections(await service.call('GET', `/v1/studies/${id}/report`));
}

function severitiesOf(findings: readonly Finding[], message: RegExp): readonly string[] {
  return findings.filter((finding) => message.test(finding.message)).map(({ severity }) => severity);
}

describe('the report', () => {
  it.each([
    ['names a category whose levels are all rare, and that the model leaves out', 0.1, ['warning']],
    ['of a model that looks at the same category does not', 'auto', []],
  ])('%s', async (_, rareLevels, severities) => {
    const rows = Array.from(
      { length: 240 },
      (_row, i) => `${String(i % 17)},t${String(i % 60)},${String(i)}.5`,
    );
    const { body } = await service.upload('/v1/tune', ['n,tag,y', ...rows].join('\n'), {
      target: 'y',
      spec: JSON.stringify({
        preparation: { categorical: 'embedding', rareLevels },
        model: { layers: [{ dense: { units: 4 } }] },
        training: { epochs: 2 },
        search: { trials: 1, seed: 3 },
        checks: 'off',
      }),
    });
    const { id } = body['study'] as { id: string };
    await service.call('GET', `/v1/studies/${id}?wait=100`);
    const { findings } = sections(await service.call('GET', `/v1/studies/${id}/report`));
    expect(severitiesOf(findings, /does not look at "tag"/)).toEqual(severities);
  });

  it('tells the story of a classification, its test metrics with their intervals', async () => {
    const id = await ended('Species');
    const report = sections(await service.call('GET', `/v1/studies/${id}/report`));
    expect(Object.keys(report).sort()).toEqual(
      [
        'audit',
        'baselines',
        'checks',
        'dataset',
        'diagnosis',
        'errorAnalysis',
        'final',
        'findings',
        'search',
        'study',
      ].sort(),
    );
    expect(report).toMatchObject({ study: { id }, dataset: { rows: 344 } });
    // Of the rows that are trained on, with the findings among all findings.
    expect(report.audit.rows).toBe(206);
    expect(report.findings).toEqual(expect.arrayContaining([...report.audit.findings]));
    const shares = Object.values(report.search.importance?.importances ?? {});
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    const { dataSizeCurve, firstLayer } = report.diagnosis;
    expect(dataSizeCurve.points.map(({ rows }) => rows)).toEqual([21, 41, 72, 124, 206]);
    expect(dataSizeCurve.doubled.gainLow).toBeLessThanOrEqual(dataSizeCurve.doubled.gainHigh);
    expect(firstLayer.kind).toBe('norms');
    expect(firstLayer.features.map(({ name }) => name)).toContain('Beak Length (mm)');
    expect(report.search.history).toHaveLength(4);
    expect(report.diagnosis.curve.length).toBeGreaterThan(1);
    const { confusionMatrix, worst, permutationImportance, residuals } = report.errorAnalysis;
    expect(confusionMatrix?.labels).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    const rows = (matrix: readonly (readonly number[])[] = []) => matrix.flat().reduce((a, b) => a + b, 0);
    expect(rows(confusionMatrix?.test)).toBe(rows(confusionMatrix?.validation));
    expect(residuals).toBeNull();
    expect(worst[0]?.values['Species']).toBe(worst[0]?.actual);
    expect(permutationImportance).toHaveLength(6);
    const { accuracy } = report.final.confidence;
    expect(accuracy?.value).toBeCloseTo(report.final.metrics['test']?.['accuracy'] ?? NaN, 6);
    expect(accuracy?.low).toBeLessThanOrEqual(accuracy?.value ?? NaN);
    expect(accuracy?.high).toBeGreaterThanOrEqual(accuracy?.value ?? NaN);
    expect(report.baselines[0]?.name).toBe('class shares');
    expect(report.baselines[0]?.metrics['accuracy']).toBeLessThan(accuracy?.low ?? NaN);
    const order = report.findings.map(({ severity }) => ['problem', 'warning', 'info'].indexOf(severity));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(report.findings.length).toBeGreaterThan(0);
  });

  it("tells the story of a value, its residuals in the target's own units", async () => {
    const id = await ended('Body Mass (g)', { name: '<script>alert(1)</script>' });
    const report = sections(await service.call('GET', `/v1/studies/${id}/report`));
    const { confusionMatrix, calibration, residuals } = report.errorAnalysis;
    expect([confusionMatrix, calibration]).toEqual([null, null]);
    expect(residuals?.deviation).toBeGreaterThan(50);
    expect(residuals?.byFeature.length).toBeGreaterThan(0);

    const page = await service.call('GET', `/v1/studies/${id}/report`, undefined, { accept: 'text/html' });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/u);
    const text = String(page.body['text']);
    // Of any other style a browser shows nothing.
    const [, style = ''] = /<style>([^]*?)<\/style>/u.exec(text) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    // Self-contained: nothing is fetched from anywhere.
    expect(text).not.toMatch(/(?:src|href)=/u);
    for (const heading of ['Findings', 'Search', 'Final model', 'Error analysis', 'Model card'])
      expect(text).toContain(heading);
  });

  it('names a network that is too small by what a larger one reaches, and by the simple models', async () => {
    const linear = await bend({ preset: 'linear' }, 30);
    const found = linear.diagnosis.findings.find(({ code }) => code === 'underfit');
    expect(found?.evidence['reference']).toBeLessThan(0.2);
    expect(found?.evidence['validation']).toBeGreaterThan(0.4);
    // A line is what one of the simple models is, and another bends.
    expect(severitiesOf(linear.findings, /not better than a simple model/)).toEqual(['warning']);
    const bent = await bend({ layers: [{ dense: { units: 64, activation: 'relu' } }] }, 120);
    expect(severitiesOf(bent.findings, /beats every baseline/)).toEqual(['info']);
    expect(bent.diagnosis.findings.map(({ code }) => code)).not.toContain('underfit');
  });

  it('is there before the study has run, with what there is', async () => {
    const { body } = await service.upload('/v1/tune', await penguins(), {
      target: 'Species',
      spec: JSON.stringify({ start: false }),
    });
    const { id } = body['study'] as { id: string };
    const report = sections(await service.call('GET', `/v1/studies/${id}/report`));
    expect(report).toMatchObject({ final: null, errorAnalysis: null, diagnosis: null, checks: null });
    const page = await service.call('GET', `/v1/studies/${id}/report`, undefined, { accept: 'text/html' });
    expect(String(page.body['text'])).toContain('No trial has ended yet');
  });

  it('is 404 for a study that is not there', async () => {
    const { status, body } = await service.call('GET', '/v1/studies/st_none/report');
    expect([status, body['code']]).toEqual([404, 'study_not_found']);
  });
});
