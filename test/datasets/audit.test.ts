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
    ['columns_left_out', undefined],
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

  it('of a column of one value looks at where it is missing: it may give the target away', async () => {
    const rows = clean(300, (i, stream) => ({
      y: i % 3 === 0 ? 'no' : 'yes',
      measured: i % 3 === 0 ? null : 3.5,
      ticked: i % 3 === 0 ? 'yes' : null,
      seen: i % 3 === 0 ? true : null,
      anywhere: stream.uniform() < 0.5 ? 3.5 : null,
      empty: null,
      same: 7,
    }));
    const found = await audit(rows, 'y');
    const leaks = found.findings.filter(({ code }) => code === 'target_leak');
    expect(leaks.map(({ evidence }) => evidence['column']).toSorted()).toEqual([
      'measured',
      'seen',
      'ticked',
    ]);
    for (const { message, severity } of leaks) {
      expect(severity).toBe('problem');
      expect(message).toContain('by where it is missing');
    }
    for (const column of ['measured', 'ticked', 'seen', 'anywhere']) {
      expect(codesOf(found, column)).toEqual(expect.arrayContaining(['missing_values', 'constant_column']));
    }
    const adviceOf = (column: string): string | undefined =>
      found.findings.find(({ code, evidence }) => code === 'constant_column' && evidence['column'] === column)
        ?.advice;
    expect(adviceOf('measured')).not.toContain('tells nothing');
    expect(adviceOf('measured')).toContain('preparation.missing.indicator');
    expect(adviceOf('same')).toContain('tells nothing');
    expect(codesOf(found, 'empty')).toEqual(['constant_column']);

    const value = await audit(
      clean(300, (i) => ({ y: i % 4 === 0 ? 10 + i / 300 : i / 300, flag: i % 4 === 0 ? 1 : null })),
      'y',
    );
    expect(codesOf(value, 'flag')).toContain('target_leak');
  });

  it.each([
    [3, 3, null],
    [4, 4, null],
    [32, 4, null],
    [36, 4, 'problem'],
    [88, 10, null],
    [90, 10, 'warning'],
    [990, 10, 'problem'],
  ])('of classes of %d and %d rows depends on how much they differ: %s', async (most, least, severity) => {
    const rows = clean(most + least, (i) => ({ y: i < least ? 'rare' : 'common' }));
    const found = (await audit(rows, 'y')).findings.find(({ code }) => code === 'class_imbalance');
    expect(found?.severity ?? null).toBe(severity);
    if (found !== undefined) expect(found.evidence).toMatchObject({ ratio: most / least, threshold: 9 });
  });

  it('of few rows is another one than that of classes that differ', async () => {
    const found = await audit(
      clean(6, (i) => ({ y: i % 2 === 0 ? 'p' : 'q' })),
      'y',
    );
    expect(codesOf(found)).toContain('few_rows');
    expect(codesOf(found)).not.toContain('class_imbalance');
  });

  it.each([1e150, 1e200, 1e308])('of an outlier of %d come with true statistics', async (huge) => {
    const rows = clean(101, (i) => ({ v: i === 50 ? huge : (i * 37) % 100 }));
    const found = await audit(rows, 'kind');
    const { numbers, association } = found.columns.find(({ name }) => name === 'v') ?? {};
    expect((numbers?.mean ?? NaN) / (huge / 101)).toBeCloseTo(1, 9);
    expect((numbers?.deviation ?? NaN) / (huge * (10 / 101))).toBeCloseTo(1, 9);
    expect(numbers?.skewness).toBeCloseTo(9.9, 6);
    expect(numbers?.histogram.counts.reduce((sum, count) => sum + count)).toBe(101);
    expect(association?.correlationRatio).toBeGreaterThan(0);
    expect(association?.correlationRatio).toBeLessThan(0.3);
    expect(codesOf(found, 'v')).toEqual(['outliers']);
    const target = await audit(rows, 'v');
    expect(target.columns.find(({ name }) => name === 'size')?.association?.correlation).not.toBeNull();
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

describe('what is left out', () => {
  const left = (found: Audit, code: AuditCode): readonly AuditFinding[] =>
    found.findings.filter((each) => each.code === code);

  it('of rows is told: those without a target, and those that a split by time cannot place', async () => {
    const rows = clean(200, (i) => ({
      day: i % 50 === 7 ? null : new Date(Date.UTC(2024, 0, 1 + i)).toISOString(),
    })).map((row, i) => ({ ...row, kind: i % 10 === 3 ? null : (row['kind'] ?? null) }));
    const table = await audit(rows, 'kind');
    expect(finding(table, 'rows_left_out')).toMatchObject({
      severity: 'warning',
      evidence: { target: 'kind', withoutTarget: 20, withoutTime: 0, rows: 200, share: 0.1 },
    });
    expect(codesOf(table, 'kind')).toEqual([]);
    const read = await tables.read(rows);
    const job = tables.job(read, 'kind', { split: { stratify: false, time: 'day' } });
    const { evidence, message } = finding(await auditStudy(job), 'rows_left_out');
    expect(evidence).toMatchObject({ withoutTarget: 20, time: 'day', withoutTime: 4 });
    expect(message).toContain('4 rows without a time in "day"');
    // Where every row has both, or where the target is another column.
    expect(left(await audit(rows, 'weight'), 'rows_left_out')).toEqual([]);
    expect(left(await audit(rows), 'rows_left_out')).toEqual([]);
    expect(left(await audit(clean(200), 'kind'), 'rows_left_out')).toEqual([]);
  });

  it('of columns is told with the reason, unless the study names them', async () => {
    const rows = clean(1200, (i, stream) => ({
      note: `said ${String(i)} and ${String(stream.integer(0, 1e9))}`,
      visit_id: 5000 - 3 * i,
      amount: 3 * i + 11,
      empty: null,
    }));
    const found = await audit(rows, 'kind');
    const { evidence, severity } = finding(found, 'columns_left_out');
    expect(severity).toBe('info');
    const columns = evidence['columns'] as { name: string; reason: string }[];
    expect(columns.map(({ name }) => name)).toEqual(['note', 'visit_id', 'empty']);
    expect(columns[0]?.reason).toContain('text');
    expect(columns[1]?.reason).toContain('identifier');
    const adviceOf = (of: Audit, column: string): string | undefined =>
      of.findings.find((each) => each.code === 'identifier_column' && each.evidence['column'] === column)
        ?.advice;
    expect(adviceOf(found, 'visit_id')).toContain('left out unless');
    const read = await tables.read(rows);
    const features = ['size', 'note', 'visit_id'];
    const named = await auditStudy(tables.job(read, 'kind', { features }));
    expect(finding(named, 'columns_left_out').evidence).toMatchObject({ left: 1 });
    expect(adviceOf(named, 'visit_id')).toContain('features.exclude');
    expect(left(await audit(clean(200), 'kind'), 'columns_left_out')).toEqual([]);
  });

  it('of classes is told: those too small to be divided', async () => {
    const withRare = (count: number): readonly Cells[] =>
      clean(200).map((row, i) => ({ ...row, kind: i < count ? 'rare' : (row['kind'] ?? '') }));
    const { evidence, severity } = finding(await audit(withRare(2), 'kind'), 'rare_classes');
    expect(severity).toBe('warning');
    expect(evidence).toMatchObject({ target: 'kind', count: 1, classes: [{ label: 'rare', rows: 2 }] });
    expect(left(await audit(withRare(3), 'kind'), 'rare_classes')).toEqual([]);
    expect(left(await audit(withRare(2), 'weight'), 'rare_classes')).toEqual([]);

    const job = async (count: number, split = {}) =>
      auditStudy(tables.job(await tables.read(withRare(count)), 'kind', { split }));
    expect(finding(await job(2), 'rare_classes').evidence).toMatchObject({
      classes: [{ label: 'rare', train: 2, validation: 0, test: 0 }],
    });
    const folds = { method: 'kfold', folds: 3 } as const;
    expect(finding(await job(1, folds), 'rare_classes').evidence).toMatchObject({
      classes: [{ label: 'rare', validation: 0, test: 0 }],
    });
    expect(left(await job(20), 'rare_classes')).toEqual([]);
    expect(left(await job(20, folds), 'rare_classes')).toEqual([]);
  });

  it('of classes is a problem where training rows have none of one', async () => {
    const rows = clean(200, (i) => ({ day: new Date(Date.UTC(2024, 0, 1 + i)).toISOString() })).map(
      (row, i) => ({ ...row, kind: i >= 180 ? 'new' : (row['kind'] ?? '') }),
    );
    const job = tables.job(await tables.read(rows), 'kind', { split: { stratify: false, time: 'day' } });
    const { severity, evidence } = finding(await auditStudy(job), 'rare_classes');
    expect(severity).toBe('problem');
    expect(evidence['classes']).toEqual([{ label: 'new', train: 0, validation: 0, test: 20 }]);
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
