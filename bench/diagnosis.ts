import { TuneloomError } from '../src/core/errors';
import type { FitJob, FitResult } from '../src/core/job';
import { diagnose } from '../src/insight';
import { performTask } from '../src/training';
import { caseOf, KINDS, type Case, type Kind } from './diagnosis-cases';

const SEEDS = 10;

async function fitted({ data }: Case, job: FitJob): Promise<FitResult | null> {
  try {
    return await performTask('fit', job, data);
  } catch (error) {
    if (error instanceof TuneloomError && error.code === 'diverged') return null;
    throw error;
  }
}

/** Codes that the diagnosis of one generated case gives, the first one first. */
async function verdictOf(kind: Kind, seed: number): Promise<readonly string[]> {
  const made = caseOf(kind, seed);
  const result = await fitted(made, made.job);
  const reference = await fitted(made, made.reference);
  const findings = diagnose({
    diverged: result === null,
    curve: {
      epochs: (result?.curve ?? []).map(({ train, validation }) => ({
        train: train['loss'] ?? NaN,
        validation: validation['loss'] ?? NaN,
      })),
      chance: made.chance,
      budget: made.job.config.training.epochs,
      bestEpoch: result?.bestEpoch ?? null,
      trainLoss: result?.metrics.train['loss'] ?? null,
    },
    reference:
      reference === null
        ? null
        : {
            trainLoss: reference.metrics.train['loss'] ?? NaN,
            validationLoss: reference.metrics.validation?.['loss'] ?? NaN,
          },
  });
  if (process.env['VERBOSE'] !== undefined) {
    for (const { message } of findings) console.log(`  ${kind.name} ${String(seed)}: ${message}`);
  }
  return findings.map(({ code }) => code);
}

/** How often the first finding of the diagnosis is what the case was made for: the table of docs/diagnosis.md. */
export async function diagnosis(): Promise<void> {
  const only = process.argv[3];
  const kinds = KINDS.filter(({ name }) => only === undefined || name.includes(only));
  const codes = [...new Set(KINDS.map(({ expected }) => expected))];
  const table: string[] = [
    `| made to be | case | ${codes.join(' | ')} | right |`,
    `|---|---|${codes.map(() => '---').join('|')}|---|`,
  ];
  let right = 0;
  for (const kind of kinds) {
    const firsts: string[] = [];
    for (let seed = 0; seed < SEEDS; seed++) firsts.push((await verdictOf(kind, seed))[0] ?? 'none');
    const hits = firsts.filter((code) => code === kind.expected).length;
    right += hits;
    const cells = codes.map((code) => String(firsts.filter((first) => first === code).length || '·'));
    table.push(
      `| ${kind.expected} | ${kind.name} | ${cells.join(' | ')} | ${String(hits)} of ${String(SEEDS)} |`,
    );
    console.log(table.at(-1));
  }
  const cases = kinds.length * SEEDS;
  const summary = `${String(right)} of ${String(cases)} cases right (${((100 * right) / cases).toFixed(1)} %)`;
  console.log(`\n${table.join('\n')}\n\n${summary}`);
}
