import { tellsTarget, type AuditTarget } from '../association';
import type { AuditFinding } from '../types';
import { distinctIn, missingIn, type AuditColumn } from '../values';
import { count, percent, quoted } from './text';

const LEAST_ROWS = 50;
/** Accuracy, or R², that no single honest column reaches on rows it has not seen. */
const TELLS = 0.99;
/** Of what the most frequent class leaves wrong, a column that gives the target away leaves at most this share. */
const LEFT_WRONG = 0.05;
/** Rows at the border of two classes that even such a column may get wrong. */
const STRAYS = 2;
const IMBALANCED = 9;
const VERY_IMBALANCED = 99;
const FEW_OF_A_CLASS = 5;

/** A column that alone tells the target. */
export function findLeak(column: AuditColumn, target: AuditTarget): readonly AuditFinding[] {
  const rows = column.values.length;
  if (rows < LEAST_ROWS || distinctIn(column) === 0) return [];
  const { score, baseline } = tellsTarget(column, target);
  const tells =
    target.kind === 'classes'
      ? 1 - score <= Math.max(1 - TELLS, (2 * STRAYS) / rows) && 1 - score <= LEFT_WRONG * (1 - baseline)
      : score >= TELLS;
  if (!tells) return [];
  const { name } = column.profile;
  const measure = target.kind === 'classes' ? 'accuracy' : 'R²';
  const where = distinctIn(column) === 1 ? 'where it is missing' : 'its values or by where they are missing';
  const by = missingIn(column) > 0 ? ` (by ${where})` : '';
  return [
    {
      code: 'target_leak',
      severity: 'problem',
      message: `${quoted(name)} alone tells ${quoted(target.name)}${by}: ${measure} ${score.toFixed(4)} on rows it has not seen`,
      evidence: { column: name, target: target.name, measure, score, baseline, threshold: TELLS },
      advice:
        'Ask whether it is known before the target is. If it is made from the target, or written down with it, leave it out with features.exclude.',
    },
  ];
}

export function findImbalance(target: AuditTarget): readonly AuditFinding[] {
  if (target.kind !== 'classes') return [];
  const counts = target.labels.map((label) => ({ label, count: 0 }));
  let rows = 0;
  for (const code of target.codes) {
    const held = counts[code];
    if (held === undefined) continue;
    held.count += 1;
    rows += 1;
  }
  const present = counts.filter((held) => held.count > 0).sort((a, b) => b.count - a.count);
  const [most, least] = [present[0], present.at(-1)];
  if (most === undefined || least === undefined || present.length < 2) return [];
  const ratio = most.count / least.count;
  if (ratio < IMBALANCED) return [];
  const share = least.count / rows;
  return [
    {
      code: 'class_imbalance',
      severity: ratio >= VERY_IMBALANCED || least.count < FEW_OF_A_CLASS ? 'problem' : 'warning',
      message: `${quoted(target.name)} is ${quoted(most.label)} in ${count(most.count, 'row')} and ${quoted(least.label)} in ${String(least.count)} (${percent(share)})`,
      evidence: {
        target: target.name,
        ratio,
        threshold: IMBALANCED,
        classes: present.slice(0, 20).map((held) => ({ label: held.label, count: held.count })),
      },
      advice:
        'Accuracy says little here: look at balancedAccuracy, f1 or rocAuc. training.classWeights "balanced" weighs rare classes up; more rows of them help most.',
    },
  ];
}
