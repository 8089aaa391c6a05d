export interface TrialRow {
  readonly number: number;
  readonly values: readonly number[] | null;
  readonly metrics: { readonly validation: Record<string, number | null> | null };
  readonly parameters: number | null;
  readonly epochs: number;
  readonly params: Record<string, unknown>;
}

/** A table for the terminal: one line a trial, best first. */
export function leaderboard(trials: readonly TrialRow[]): string {
  const head = ['trial', 'log loss', 'accuracy', 'parameters', 'epochs', 'hyperparameters'];
  const lines = trials.map((trial) => [
    String(trial.number),
    trial.values?.[0]?.toFixed(4) ?? '–',
    trial.metrics.validation?.['accuracy']?.toFixed(3) ?? '–',
    String(trial.parameters ?? '–'),
    String(trial.epochs),
    Object.entries(trial.params)
      .map(([name, value]) => `${name.replace(/^(training|model|preparation)\./, '')}=${short(value)}`)
      .join(' '),
  ]);
  const widths = head.map((title, i) =>
    Math.max(title.length, ...lines.map((cells) => (i < 5 ? (cells[i]?.length ?? 0) : 0))),
  );
  return [head, ...lines]
    .map((cells) => `  ${cells.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function short(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(2) : String(value);
}
