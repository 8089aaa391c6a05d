import type { FitJob, NetworkArtifact } from '../../src/core/job';
import type { ClassPredictions, ValuePredictions } from '../../src/core/predictions';
import type { Task } from '../../src/core/metrics';
import type { JsonObject } from '../../src/core/json';
import { scoreRows } from '../../src/insight';
import { performTask } from '../../src/training';
import { configOf, openPenguins, type Penguins, type PenguinTable } from './penguins';

let penguins: Penguins;
beforeAll(async () => {
  penguins = await openPenguins();
});
afterAll(() => penguins.close());

const CLASSES = ['Species', 'multiclass'] as const;
const VALUE = ['Body Mass (g)', 'regression'] as const;

async function trained(
  { job, data }: PenguinTable,
  seed: number,
  document: JsonObject = {},
): Promise<NetworkArtifact> {
  const fit: FitJob = {
    id: 'fit',
    data: job,
    config: configOf({ training: { learningRate: 0.05, epochs: 4 }, ...document }, job.task),
    seed,
    engine: 'auto',
    objective: null,
    trainShare: 1,
    keepNetwork: true,
  };
  const { network } = await performTask('fit', fit, data);
  if (network === null) throw new Error('no network came back');
  return network;
}

async function predicted<Kind>({ job, data }: PenguinTable, network: NetworkArtifact): Promise<Kind> {
  const config = configOf({}, job.task);
  const request = { id: 'p', data: job, config, network, importance: false, seed: 1 };
  return (await performTask('predict', request, data)).validation as Kind;
}

async function tableOf([target, task]: readonly [string, Task]): Promise<PenguinTable> {
  return penguins.of(target, task);
}

describe('the task "average"', () => {
  it('makes one network of built-in layers that gives the mean of the probabilities', async () => {
    const table = await tableOf(CLASSES);
    const networks = [
      await trained(table, 1),
      await trained(table, 2, { model: { layers: [{ dense: { units: 8, activation: 'relu' } }] } }),
    ];
    const config = configOf({}, 'multiclass');
    const counts = networks.map(() => 1);
    const job = { id: 'a', data: table.job, config, networks, counts };
    const average = await performTask('average', job, table.data);
    const [a, b] = await Promise.all(networks.map((each) => predicted<ClassPredictions>(table, each)));
    const mean = await predicted<ClassPredictions>(table, average);
    mean.probabilities.forEach((share, i) => {
      expect(share).toBeCloseTo(((a?.probabilities[i] ?? NaN) + (b?.probabilities[i] ?? NaN)) / 2, 5);
    });
    expect(average.parameters).toBe(networks.reduce((sum, { parameters }) => sum + parameters, 0));
    expect(average.inputs).toEqual(networks[0]?.inputs);
  });

  it('counts a network as often as it is told to, and computes it once', async () => {
    const table = await tableOf(CLASSES);
    const networks = [await trained(table, 1), await trained(table, 2)];
    const config = configOf({}, 'multiclass');
    const job = { id: 'a', data: table.job, config, networks, counts: [1, 3] };
    const average = await performTask('average', job, table.data);
    const [a, b] = await Promise.all(networks.map((each) => predicted<ClassPredictions>(table, each)));
    const mean = await predicted<ClassPredictions>(table, average);
    mean.probabilities.forEach((share, i) => {
      const wanted = ((a?.probabilities[i] ?? NaN) + 3 * (b?.probabilities[i] ?? NaN)) / 4;
      expect(share).toBeCloseTo(wanted, 5);
    });
    expect(average.parameters).toBe(networks.reduce((sum, { parameters }) => sum + parameters, 0));
  });

  it('gives the mean of values', async () => {
    const table = await tableOf(VALUE);
    const networks = [await trained(table, 1), await trained(table, 2), await trained(table, 3)];
    const config = configOf({}, 'regression');
    const counts = networks.map(() => 1);
    const job = { id: 'a', data: table.job, config, networks, counts };
    const average = await performTask('average', job, table.data);
    const all = await Promise.all(networks.map((each) => predicted<ValuePredictions>(table, each)));
    const mean = await predicted<ValuePredictions>(table, average);
    mean.predicted.forEach((value, i) => {
      const wanted = all.reduce((sum, { predicted: values }) => sum + (values[i] ?? NaN), 0) / 3;
      expect(Math.abs(value - wanted)).toBeLessThan(0.05);
    });
  });
});

describe('the mean of networks with preparations of their own', () => {
  /** A network of its own preparation, and what it says of the validation rows. */
  async function memberOf<Kind>(
    [target, task]: readonly [string, Task],
    seed: number,
    preparation: JsonObject,
  ): Promise<{ network: NetworkArtifact; said: Kind }> {
    const own = await penguins.of(target, task, preparation);
    const network = await trained(own, seed, { preparation });
    return { network, said: await predicted<Kind>(own, network) };
  }

  async function meanOf<Kind>(
    about: readonly [string, Task],
    networks: readonly NetworkArtifact[],
    counts = networks.map(() => 1),
  ): Promise<{ average: NetworkArtifact; said: Kind }> {
    const table = await tableOf(about);
    const config = configOf({}, about[1]);
    const job = { id: 'a', data: table.job, config, networks, counts };
    const average = await performTask('average', job, table.data);
    // The rows are prepared for the job in another way: the network's own file says how.
    return { average, said: await predicted<Kind>(table, average) };
  }

  it('takes one input for each distinct tensor, and gives the mean of the probabilities', async () => {
    const members = [
      await memberOf<ClassPredictions>(CLASSES, 1, { scale: 'robust' }),
      await memberOf<ClassPredictions>(CLASSES, 2, { scale: 'robust', targetTransform: 'none' }),
      await memberOf<ClassPredictions>(CLASSES, 3, { categorical: 'ordinal', pca: 3 }),
    ];
    const { average, said } = await meanOf<ClassPredictions>(
      CLASSES,
      members.map(({ network }) => network),
      [1, 1, 2],
    );
    expect(average.inputs.map(({ name }) => name)).toEqual(['input_0', 'input_1']);
    const [a, b, c] = members.map((member) => member.said.probabilities);
    said.probabilities.forEach((share, i) => {
      expect(share).toBeCloseTo(((a?.[i] ?? NaN) + (b?.[i] ?? NaN) + 2 * (c?.[i] ?? NaN)) / 4, 5);
    });
  });

  it.each([
    ['standardised and as they are', ['standard', 'none']],
    ['as logarithms', ['log', 'log']],
    ['in three ways', ['log', 'standard', 'none']],
  ])("gives the mean of values in the target's units where they are prepared %s", async (_, transforms) => {
    const members: { network: NetworkArtifact; said: ValuePredictions }[] = [];
    for (const [i, targetTransform] of transforms.entries())
      members.push(await memberOf<ValuePredictions>(VALUE, i + 1, { targetTransform }));
    const { average, said } = await meanOf<ValuePredictions>(
      VALUE,
      members.map(({ network }) => network),
    );
    expect(average.inputs.map(({ name }) => name)).toEqual(['input']);
    said.predicted.forEach((value, i) => {
      const wanted = members.reduce((sum, each) => sum + (each.said.predicted[i] ?? NaN), 0) / members.length;
      expect(Math.abs(value - wanted)).toBeLessThan(1e-5 * Math.abs(wanted));
    });
  });

  it('is refused where a target cannot be brought into the units of the others', async () => {
    const plain = await memberOf<ValuePredictions>(VALUE, 1, { targetTransform: 'standard' });
    const bent = await memberOf<ValuePredictions>(VALUE, 2, { targetTransform: 'yeo-johnson' });
    await expect(meanOf(VALUE, [plain.network, bent.network])).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('yeo-johnson') as string,
    });
    const { average } = await meanOf<ValuePredictions>(VALUE, [bent.network, bent.network]);
    expect(JSON.parse(average.preprocessing)).toMatchObject({ target: { tail: { kind: 'yeo-johnson' } } });
  });
});

describe('the task "boost"', () => {
  it.each([
    ['classes', CLASSES],
    ['a value', VALUE],
  ])('adds stages that lower the validation loss of %s, as one network', async (_, about) => {
    const table = await tableOf(about);
    const base = await trained(table, 1, { training: { learningRate: 0.001, epochs: 2 } });
    const config = configOf({}, table.job.task);
    const job = {
      id: 'b',
      data: table.job,
      config,
      network: base,
      stages: 4,
      seed: 3,
      engine: 'auto',
    } as const;
    const { network, stages, validation } = await performTask('boost', job, table.data);
    expect(stages).toBeGreaterThan(1);
    expect(validation[stages]).toBeLessThan(0.7 * (validation[0] ?? NaN));
    if (network === null) throw new Error('no stage was kept');
    const measured = await performTask(
      'evaluate',
      { id: 'e', data: table.job, config, network, part: 'validation' },
      table.data,
    );
    // The exported network gives what the stages gave as they were fitted.
    expect(measured['loss']).toBeCloseTo(validation[stages] ?? NaN, 4);
  });

  it('keeps nothing where no stage helps', async () => {
    const table = await tableOf(CLASSES);
    const base = await trained(table, 1, { training: { learningRate: 0.05, epochs: 60 } });
    // Labels that have nothing to do with the inputs: what a stage fits of the training rows is noise.
    const shuffled = table.data.parts.train.y.slice().reverse();
    const { train } = table.data.parts;
    const data = { ...table.data, parts: { ...table.data.parts, train: { ...train, y: shuffled } } };
    const config = configOf({}, 'multiclass');
    const job = {
      id: 'b',
      data: table.job,
      config,
      network: base,
      stages: 3,
      seed: 3,
      engine: 'auto',
    } as const;
    expect(await performTask('boost', job, data)).toMatchObject({ stages: 0, network: null });
  });
});

describe('the task "baselines"', () => {
  it('says what a logistic model and a small network say of validation and test rows', async () => {
    const { job, data } = await tableOf(CLASSES);
    const request = {
      id: 'b',
      data: job,
      config: configOf({}, 'multiclass'),
      seed: 1,
      engine: 'auto',
    } as const;
    const baselines = await performTask('baselines', request, data);
    expect(baselines.map(({ name }) => name)).toEqual(['logistic', 'small network']);
    for (const { validation, test } of baselines) {
      expect(scoreRows(validation).measure(null)['accuracy']).toBeGreaterThan(0.9);
      expect(test.rows).toHaveLength(data.parts.test.rows);
    }
  });
});
