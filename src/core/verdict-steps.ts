/** `from`, `from + every` …, or a list in ascending order. */
export type VerdictSteps =
  { readonly from: number; readonly every: number } | { readonly at: readonly number[] };

/** The last verdict step in (`after`, `upTo`]; null where there is none. */
export function lastVerdictStep(verdicts: VerdictSteps, after: number, upTo: number): number | null {
  const last = 'at' in verdicts ? lastOf(verdicts.at, upTo) : lastMultiple(verdicts, upTo);
  return last !== null && last > after ? last : null;
}

function lastMultiple({ from, every }: { from: number; every: number }, upTo: number): number | null {
  return upTo < from ? null : from + Math.floor((upTo - from) / every) * every;
}

function lastOf(steps: readonly number[], upTo: number): number | null {
  return steps.findLast((step) => step <= upTo) ?? null;
}
