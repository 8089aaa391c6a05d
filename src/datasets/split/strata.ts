/** Quantile bins of a regression target. */
const MOST_BINS = 10;
/** A bin of fewer rows would not divide. */
const ROWS_PER_BIN = 10;

/**
 * Rows that should be alike in every part: those of one class, or of one quantile bin of a regression target. The
 * largest first (ties: the smaller class first), rows ascending.
 * @param target class codes or values; every row of `rows` has one
 */
export function strataOf(
  rows: Uint32Array,
  target: ArrayLike<number>,
  isClasses: boolean,
): readonly Uint32Array[] {
  return isClasses ? byClass(rows, target) : byQuantile(rows, target);
}

function byClass(rows: Uint32Array, target: ArrayLike<number>): readonly Uint32Array[] {
  const counts = new Map<number, number>();
  for (const row of rows) {
    const code = target[row] ?? -1;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const ordered = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  const strata = new Map(ordered.map(([code, count]) => [code, { rows: new Uint32Array(count), filled: 0 }]));
  for (const row of rows) {
    const stratum = strata.get(target[row] ?? -1);
    if (stratum !== undefined) stratum.rows[stratum.filled++] = row;
  }
  return [...strata.values()].map((stratum) => stratum.rows);
}

function byQuantile(rows: Uint32Array, target: ArrayLike<number>): readonly Uint32Array[] {
  const ordered = Uint32Array.from(rows).sort((a, b) => (target[a] ?? 0) - (target[b] ?? 0) || a - b);
  const bins = Math.max(1, Math.min(MOST_BINS, Math.floor(rows.length / ROWS_PER_BIN)));
  return Array.from({ length: bins }, (_, i) =>
    ordered.slice(Math.round((i * rows.length) / bins), Math.round(((i + 1) * rows.length) / bins)).sort(),
  );
}
