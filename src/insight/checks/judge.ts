import type { CheckMeasurements } from '../../core/checks';
import { worstFirst, type CheckCode, type Finding } from '../../core/finding';
import type { Objective } from '../../core/metrics';
import { baseline, capacity, initialLoss, smallBatch, stuck } from './learning';
import { deadUnits, exploding, inputs, metric, vanishing } from './signals';

const CHECKS = [inputs, initialLoss, smallBatch, capacity, stuck, deadUnits, vanishing, exploding, baseline];

/**
 * What the measurements say, the worst first. A check that passed is listed with `info`; one that does not apply is left
 * out. Every threshold is in {@link CHECK_THRESHOLDS}, and in the evidence of its finding.
 */
export function judgeChecks(
  measured: CheckMeasurements,
  objectives: readonly Objective[],
): readonly Finding<CheckCode>[] {
  return worstFirst([...CHECKS.flatMap((check) => check(measured) ?? []), metric(measured, objectives)]);
}
