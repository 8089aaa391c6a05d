import { readFile } from 'node:fs/promises';
import type { AuditCode } from '../../src/core/finding';
import { streamOf, type RandomStream } from '../../src/core/random';
import {
  auditDataset,
  auditStudy,
  partsOfSplit,
  splitRows,
  type Audit,
  type AuditFinding,
} from '../../src/datasets';
import { auditTable } from '../../src/datasets/audit/audit-table';
import { TestTables, type Cells } from './tables';

const tables = new TestTables();
afterAll(() => tables.close());

async function audit(rows: readonly Cells[] | string, target: string | null = null): Promise<Audit> {
  const { table } = await tables.read(rows);
  return auditTable(table, { target, rows: null, features: null, parts: null, group: null });
}

function codesOf({ findings }: Audit, column?: string): readonly AuditCode[] {
  const own = findings.filter(({ evidence }) => column === undefined || evidence['column'] === column);
  return own.map(({ code }) => code);
}

function finding({ findings }: Audit, code: AuditCode): AuditFinding {
  const found = findings.find((candidate) => candidate.code === code);
  if (found === undefined)
    throw new TypeError(`no ${code} among ${findings.map((each) => each.code).join(', ')}`);
  return found;
}

/** Rows of columns that have nothing to find; `more` adds to them. */
function clean(
  count: number,
  more: (i: number, stream: RandomStream) => Cells = () => ({}),
): readonly Cells[] {
  const stream = streamOf('clean');
  return Array.from({ length: count }, (_, i) => {
    const size = stream.normal();
    const weight = 0.7 * size + 0.7 * stream.normal();
    return {
      size: 10 + 2 * size,
      weight: 70 + 8 * weight,
      rooms: 1 + stream.integer(0, 6),
      colour: ['red', 'green', 'blue'][stream.integer(0, 2)] ?? '',
      paid: stream.uniform() < 0.4,
      kind: size + stream.normal() > 0 ? 'a' : 'b',
      ...more(i, stream),
    };
  });
}

describe('a clean table', () => {
  it('raises nothing', async () => {
    expect(codesOf(await audit(clean(400), 'kind'))).toEqual([]);
    expect(codesOf(await audit(clean(400), 'weight'))).toEqual([]);
  });

  it('of real penguins raises its missing values alone', async () => {
    const found = await audit(await readFile('data/penguins.csv', 'utf8'), 'Species');
    expect(new Set(codesOf(found))).toEqual(new Set(['missing_values']));
    expect(found.findings.every(({ severity }) => severity === 'info')).toBe(true);
    expect(found.rows).toBe(344);
    const mass = found.columns.find(({ name }) => name === 'Body Mass (g)');
    expect(mass).toMatchObject({
      type: 'numeric',
      missing: 2,
      distinct: 94,
      numbers: { min: 2700, max: 6300 },
    });
    expect(mass?.numbers?.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(342);
    expect(mass?.association?.correlationRatio).toBeCloseTo(0.818, 3);
    expect(found.columns.find(({ name }) => name === 'Sex')?.association?.cramersV).toBeLessThan(0.05);
  });
});

describe('a messy table', () => {
  let found: Audit;
  beforeAll(async () => {
    found = await audit(await readFile('data/messy-clinic.csv', 'utf8'), 'outcome');
  });

  it.each<readonly [AuditCode, string | undefined]>([
    ['missing_values', 'smoker'],
    ['missing_values', 'bmi_old'],
    ['constant_column', 'hospital'],
    ['near_constant_column', 'country'],
    ['duplicate_rows', undefined],
    ['outliers', 'temperature'],
    ['piled_up_values', 'score'],
    ['long_tail', 'crp'],
    ['redundant_columns', undefined],
    ['identifier_column', 'visit_no'],
    ['target_leak', 'discharge_code'],
    ['class_imbalance', undefined],
    ['high_cardinality', 'street'],
    ['dates_as_text', 'admitted'],
    ['mixed_types', 'potassium'],
    ['repeated_entities', 'patient_id'],
  ])('raises %s of %s, with its numbers and advice', (code, column) => {
    expect(codesOf(found, column)).toContain(code);
    const { message, evidence, advice } = finding(found, code);
    expect(message).toMatch(/\d|one value/);
    expect(Object.values(evidence).some((value) => typeof value === 'number')).toBe(true);
    expect(advice.length).toBeGreaterThan(20);
  });

  it('is told apart from its clean columns', () => {
    for (const column of ['born', 'height_cm', 'weight_kg']) expect(codesOf(found, column)).toEqual([]);
  });

  it('lists the worst first', () => {
    const order = found.findings.map(({ severity }) => ['problem', 'warning', 'info'].indexOf(severity));
    expect(order).toEqual(order.toSorted());
  });

  it('names the rows: of an outlier, and of copies', () => {
    expect(finding(found, 'outliers').evidence['examples']).toEqual([{ row: 77, value: 3800 }]);
    expect(finding(found, 'duplicate_rows').evidence).toMatchObject({ copies: 10, rows: 600 });
    expect(finding(found, 'duplicate_rows').evidence['examples']).toContainEqual([0, 590]);
  });
});

describe('each finding', () => {
  it('is of real faults, not of their honest neighbours', async () => {
    const rows = clean(400, (i, stream) => ({
      // A tail of its own kind, no outliers; a count with many zeros, no floor; a rare but honest flag.
      income: Math.exp(9 + stream.normal()),
      visits: Math.floor(-Math.log(stream.uniform()) * 1.5),
      rare: stream.uniform() < 0.03,
      // Numbers without order that only look like keys, codes with zeros, a text of few words.
      code: String(10 + (i % 12)).padStart(4, '0'),
      measured: stream.normal() * 1e5,
      // Cities in a country: levels that repeat, not things that do.
      city: `city ${String(i % 25)}`,
      country: `country ${String((i % 25) % 5)}`,
      follows: 0,
    })).map((row) => ({ ...row, follows: Number(row['size']) + streamOf(String(row['size'])).normal() }));
    const found = await audit(rows, 'kind');
    expect(found.findings.map(({ code, evidence }) => [code, evidence['column']])).toEqual([
      ['long_tail', 'income'],
    ]);
  });

  it('of copies needs more of them than chance makes', async () => {
    const stream = streamOf('coins');
    const coins = Array.from({ length: 300 }, () => ({
      a: stream.uniform() < 0.5,
      b: stream.integer(0, 3),
      c: ['x', 'y'][stream.integer(0, 1)] ?? '',
    }));
    expect(codesOf(await audit(coins))).not.toContain('duplicate_rows');
  });

  it('of few rows counts the inputs, and the variance that a few components hold', async () => {
    const wide = clean(60, (_, stream) =>
      Object.fromEntries(Array.from({ length: 30 }, (_unit, k) => [`x${String(k)}`, stream.normal()])),
    );
    const { evidence, severity } = finding(await audit(wide, 'kind'), 'few_rows');
    expect(severity).toBe('problem');
    expect(evidence).toMatchObject({ rows: 60, components: 3 });
    expect(Number(evidence['varianceShare'])).toBeLessThan(0.5);
  });

  it('of a target that is given away sees values, levels, and where values are missing', async () => {
    const rows = clean(300, (i, stream) => ({
      y: i % 3 === 0 ? 'no' : 'yes',
      noisy: (i % 3) + 2 * stream.normal(),
      copy: (i % 3 === 0 ? -1 : 1) * (1 + stream.uniform()),
      after: i % 3 === 0 ? null : stream.normal(),
    }));
    const found = await audit(rows, 'y');
    const leaks = found.findings
      .filter(({ code }) => code === 'target_leak')
      .map(({ evidence }) => evidence['column']);
    expect(leaks.toSorted()).toEqual(['after', 'copy']);
    const numbers = await audit(
      clean(300, (i) => ({ y: i * 1.5, again: i * 3 + 7, half: i + 120 * Math.sin(i) })),
      'y',
    );
    expect(
      numbers.findings.filter(({ code }) => code === 'target_leak').map(({ evidence }) => evidence['column']),
    ).toEqual(['again']);
  });

  it('of dates sees those written as numbers', async () => {
    const rows = clean(100, (i) => ({
      day: 20240101 + (i % 28) + 100 * (i % 12),
      amount: 20240101 + 7919 * i,
    }));
    const found = await audit(rows);
    expect(codesOf(found, 'day')).toContain('dates_as_text');
    expect(codesOf(found, 'amount')).not.toContain('dates_as_text');
  });
});

describe('the audit of a study', () => {
  const rows = clean(300).map((row, i, all) =>
    i % 30 === 29 ? { ...all[i - 1], kind: row['kind'] ?? '' } : row,
  );

  it('looks at training rows alone, and finds features that stand on both sides of the split', async () => {
    const read = await tables.read(rows);
    const job = tables.job(read, 'kind');
    const found = await auditStudy(job);
    expect(found.rows).toBe(180);
    const { evidence } = finding(found, 'leak_across_split');
    const examples = evidence['examples'] as { row: number; training: number }[];
    expect(examples.length).toBeGreaterThan(0);
    for (const { row, training } of examples)
      expect(rows[row]).toMatchObject({ ...rows[training], kind: rows[row]?.['kind'] });
    expect(codesOf(await auditStudy(tables.job(await tables.read(clean(300)), 'kind')))).toEqual([]);
  });

  it('changes with no cell of another part', async () => {
    const read = await tables.read(clean(300));
    const job = tables.job(read, 'weight');
    const before = await auditStudy(job);
    const split = new Set<number>();
    const target = clean(300).map(({ weight }) => Number(weight));
    for (const row of partsOfSplit(splitRows({ target, isClasses: false }, job.split), 0).train)
      split.add(row);
    const changed = clean(300).map((row, i) =>
      split.has(i) ? row : { ...row, size: -1e6, rooms: 3, colour: 'red' },
    );
    const after = await auditStudy(tables.job(await tables.read(changed), 'weight'));
    expect(after.columns).toEqual(before.columns);
  });

  it('of a whole table runs in a process of its own', async () => {
    const { tableFolder } = await tables.read(clean(300));
    expect(
      (await auditDataset(tableFolder, null)).columns.every(({ association }) => association === null),
    ).toBe(true);
    await expect(auditDataset(`${tableFolder}-gone`, null)).rejects.toThrow(/ENOENT/);
  });
});

describe('a table of too many rows', () => {
  const mostRows = 1000;
  const look = async (rows: readonly Cells[]): Promise<Audit> => {
    const { table } = await tables.read(rows);
    return auditTable(table, {
      target: 'kind',
      rows: null,
      features: null,
      parts: null,
      group: null,
      mostRows,
    });
  };

  it('is looked at in some of them, with the same findings', async () => {
    const rows = clean(5000, (i) => ({
      id: i,
      gap: i % 4 === 0 ? null : 1 + (i % 7),
      text: `note ${String(i)}`,
    }));
    const [some, all] = [await look(rows), await audit(rows, 'kind')];
    expect([some.rows, some.allRows]).toEqual([mostRows, 5000]);
    expect([all.rows, all.allRows]).toEqual([5000, 5000]);
    expect(some.findings.map(({ code, evidence }) => [code, evidence['column']])).toEqual(
      all.findings.map(({ code, evidence }) => [code, evidence['column']]),
    );
    const meanOf = ({ columns }: Audit): number => columns[0]?.numbers?.mean ?? NaN;
    // Five standard errors of a mean of 1000 values with a deviation of 2.
    expect(Math.abs(meanOf(some) - meanOf(all))).toBeLessThan(0.32);
  });

  it('is searched for equal rows in all of them', async () => {
    const rows = clean(5000, (i) => ({ text: `note ${String(i)}` }));
    const copied = rows.map((row, i) => (i === 4998 || i === 4997 ? (rows[1] ?? row) : row));
    const { evidence } = finding(await look(copied), 'duplicate_rows');
    expect(evidence).toMatchObject({ copies: 2, rows: 5000, examples: [[1, 4997, 4998]] });
  });
});
