import type { CheckCode, Finding } from '../../core/finding';
import type { JsonObject } from '../../core/json';

/** A check that passed is listed too. */
export function passed(code: CheckCode, message: string, evidence: JsonObject): Finding<CheckCode> {
  return { code, severity: 'info', message, evidence, advice: '' };
}

export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'not finite';
  const value = 100 * share;
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} %`;
}
