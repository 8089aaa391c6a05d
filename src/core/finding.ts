import type { JsonObject } from './json';

/** From worst to mildest; a check that passed is listed with `info`. */
export const SEVERITIES = ['problem', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What an audit looks for in a table before anything is trained. */
export const AUDIT_CODES = [
  'missing_values',
  'constant_column',
  'near_constant_column',
  'duplicate_rows',
  'outliers',
  'piled_up_values',
  'long_tail',
  'redundant_columns',
  'identifier_column',
  'target_leak',
  'class_imbalance',
  'few_rows',
  'high_cardinality',
  'dates_as_text',
  'mixed_types',
  'repeated_entities',
  'leak_across_split',
  'rows_left_out',
  'columns_left_out',
  'rare_classes',
] as const;
export type AuditCode = (typeof AUDIT_CODES)[number];

/** What the sanity checks before a search look for. */
export const CHECK_CODES = [
  'initial_loss',
  'overfits_small_batch',
  'loss_falls_with_capacity',
  'inputs_look_wrong',
  'predictions_stuck',
  'dead_units',
  'vanishing_gradients',
  'exploding_gradients',
  'worse_than_baseline',
  'metric_unsuitable',
] as const;
export type CheckCode = (typeof CHECK_CODES)[number];

/** What learning curves and fits on parts of the data tell. */
export const DIAGNOSIS_CODES = [
  'underfit',
  'overfit',
  'well_fitted',
  'learning_rate_too_high',
  'learning_rate_too_low',
  'diverged',
  'not_converged',
  'noisy_validation',
  'more_data_helps',
  'more_data_does_not_help',
] as const;
export type DiagnosisCode = (typeof DIAGNOSIS_CODES)[number];

/** What the errors of the best trial on validation rows tell. */
export const ERROR_CODES = ['bad_slice', 'miscalibrated'] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export type FindingCode = AuditCode | CheckCode | DiagnosisCode | ErrorCode;

/**
 * Something the service saw, with the numbers that led to it. Findings are computed, never canned: `evidence` holds
 * what was measured and the threshold it was held against, `advice` says what to do and, where the service can do
 * it, which field of a study does it.
 */
export interface Finding<Code extends string = FindingCode> {
  readonly code: Code;
  readonly severity: Severity;
  /** One sentence: what was seen, with its figures. */
  readonly message: string;
  readonly evidence: JsonObject;
  /** What to do; empty where nothing needs doing. */
  readonly advice: string;
}

/** The worst first; equals keep their order. Does not change `findings`. */
export function worstFirst<Code extends string>(
  findings: readonly Finding<Code>[],
): readonly Finding<Code>[] {
  const rank = ({ severity }: Finding<Code>): number => SEVERITIES.indexOf(severity);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
