import type { FitJob } from '../../src/core/job';
import { isBetter } from '../../src/core/metrics';
import { scoreRows } from '../../src/insight';
import { openTable } from '../../src/datasets';
import { performTask } from '../../src/training';
import { configOf, openPenguins, type Penguins } from './penguins';

const SPECIES = { training: { learningRate: 0.05, epochs: 20 } };
let penguins: Penguins;

beforeAll(async () => {
  penguins = await openPenguins();
});
afterAll(() => penguins.close());

async function fit(
  more: Partial<FitJob> = {},
  target = 'Species',
  task: 'multiclass' | 'regression' = 'multiclass',
) {
  const { job, data } = await penguins.of(target, task);
  const fitJob: FitJob = {
    id: 'fit',
    data: job,
    config: configOf(SPECIES, task),
    seed: 1,
    engine: 'auto',
    objective: {
      metric: task === 'regression' ? 'validation.mse' : 'validation.logLoss',
      direction: 'minimize',
    },
    trainShare: 1,
    keepNetwork: true,
    ...more,
  };
  return { job, data, result: await performTask('fit', fitJob, data) };
}

describe('the task "fit"', () => {
  it('keeps the weights of the best epoch', async () => {
    const { result } = await fit();
    const values = result.curve.map(({ validation }) => validation['logLoss'] ?? null);
    const best = values.reduce<number | null>((a, b) => (isBetter(b, a, 'minimize') ? b : a), null);
    expect(result.metrics.validation?.['logLoss']).toBeCloseTo(best ?? NaN, 5);
    expect(result.bestEpoch).toBe(values.indexOf(best) + 1);
  });

  it('without an objective trains every epoch and keeps the last', async () => {
    const config = configOf(
      { training: { learningRate: 0.05, epochs: 7, earlyStopping: { patience: 1 } } },
      'multiclass',
    );
    const { result } = await fit({ objective: null, config });
    expect(result).toMatchObject({ epochs: 7, bestEpoch: 7 });
    expect(result.metrics.validation?.['logLoss']).toBeCloseTo(
      result.curve.at(-1)?.validation['logLoss'] ?? NaN,
      5,
    );
  });

  it('trains on a share of the rows', async () => {
    const { data, result } = await fit({ trainShare: 0.25, keepNetwork: false });
    expect(result.trainRows).toBe(Math.round(data.parts.train.rows / 4));
    expect(result.network).toBeNull();
  });

  it('measures no more validation rows than it is told to', async () => {
    const whole = await fit({ keepNetwork: false });
    const few = await fit({ mostValidationRows: 7, keepNetwork: false });
    const lossesOf = ({ result }: typeof whole): unknown[] =>
      result.curve.map(({ validation }) => validation['logLoss']);
    expect(lossesOf(few)).not.toEqual(lossesOf(whole));
    for (const { validation } of few.result.curve) {
      const right = 7 * (validation['accuracy'] ?? NaN);
      expect(right).toBeCloseTo(Math.round(right), 4);
    }
  });

  it('says that it diverged', async () => {
    const config = configOf({ training: { optimizer: 'sgd', learningRate: 1e6, epochs: 50 } }, 'regression');
    await expect(fit({ config }, 'Body Mass (g)', 'regression')).rejects.toMatchObject({ code: 'diverged' });
  });
});

describe('the task "predict"', () => {
  it('gives the classes, rows and probabilities whose metrics the network was measured with', async () => {
    const { job, data, result } = await fit();
    if (result.network === null) throw new Error('no network came back');
    const { modelJson, weights } = result.network;
    const { validation, importance } = await performTask(
      'predict',
      {
        id: 'p',
        data: job,
        config: configOf(SPECIES, 'multiclass'),
        network: { modelJson, weights },
        importance: true,
        seed: 1,
      },
      data,
    );
    const measured = scoreRows(validation).measure(null);
    expect(measured['logLoss']).toBeCloseTo(result.metrics.validation?.['logLoss'] ?? NaN, 5);
    expect(measured['accuracy']).toBeCloseTo(result.metrics.validation?.['accuracy'] ?? NaN, 6);
    if (validation.kind !== 'classes') throw new Error('species are classes');
    // The rows are those of the table: the labels at these places are the labels that were predicted.
    const table = await openTable(job.table.folder);
    const rows = await table.rows(0, table.rowCount);
    Array.from(validation.rows).forEach((row, i) => {
      expect(rows[row]?.['Species']).toBe(validation.labels[validation.actual[i] ?? -1]);
    });
    // The beak tells the species; in which row of the file a penguin stands tells nothing that it does not.
    const [first, second] = importance ?? [];
    expect(first?.feature).toBe('Beak Length (mm)');
    expect(first?.importance).toBeGreaterThan(second?.importance ?? Infinity);
    expect(importance?.map(({ feature }) => feature).sort()).toEqual([...job.features].sort());
  });

  it("gives values in the target's own units", async () => {
    const { job, data, result } = await fit({}, 'Body Mass (g)', 'regression');
    if (result.network === null) throw new Error('no network came back');
    const { modelJson, weights } = result.network;
    const { test, importance } = await performTask(
      'predict',
      {
        id: 'p',
        data: job,
        config: configOf(SPECIES, 'regression'),
        network: { modelJson, weights },
        importance: false,
        seed: 1,
      },
      data,
    );
    expect(importance).toBeNull();
    if (test.kind !== 'values') throw new Error('mass is a value');
    expect(Math.min(...test.actual)).toBeGreaterThan(2000);
    expect(Math.max(...test.actual)).toBeLessThan(7000);
    const network = { modelJson, weights };
    const evaluation = {
      id: 'e',
      data: job,
      config: configOf(SPECIES, 'regression'),
      network,
      part: 'test',
    } as const;
    const wanted = await performTask('evaluate', evaluation, data);
    expect(scoreRows(test).measure(null)['mae']).toBeCloseTo(wanted['mae'] ?? NaN, 1);
  });
});

describe('the task "chance"', () => {
  it('is worth what the class shares of the training rows are, on rows that have others', async () => {
    const { job, data } = await penguins.of('Species', 'multiclass');
    const { validation } = data.parts;
    // Validation rows of one class alone, which the training rows know nothing of.
    const skewed = { ...validation, y: validation.y.map(() => 0) };
    const given = { ...data, parts: { ...data.parts, validation: skewed } };
    const chance = await performTask(
      'chance',
      { id: 'c', data: job, config: configOf({}, 'multiclass') },
      given,
    );
    const { target } = data.fitted;
    const priors = target.kind === 'classes' ? target.priors : [];
    expect(chance.validation).toBeCloseTo(-Math.log(priors[0] ?? NaN), 5);
    expect(chance.train).toBeCloseTo(-priors.reduce((sum, share) => sum + share * Math.log(share), 0), 5);
  });

  it('is in the units of the loss that is trained with', async () => {
    const { job, data } = await penguins.of('Body Mass (g)', 'regression');
    const of = async (loss: string): Promise<number> => {
      const config = configOf({ training: { loss } }, 'regression');
      return (await performTask('chance', { id: 'c', data: job, config }, data)).train ?? NaN;
    };
    // Of a standardised target.
    expect(await of('mse')).toBeCloseTo(1, 3);
    const { y } = data.parts.train;
    expect(await of('mae')).toBeCloseTo(y.reduce((sum, value) => sum + Math.abs(value), 0) / y.length, 4);
  });
});
