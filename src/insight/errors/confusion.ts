import type { ClassPredictions } from '../../core/predictions';

/** Rows: the class that is; columns: the class that was said, the likeliest one. */
export function confusionOf({
  labels,
  actual,
  probabilities,
}: ClassPredictions): readonly (readonly number[])[] {
  const classes = labels.length;
  const counts = labels.map(() => labels.map(() => 0));
  actual.forEach((label, i) => {
    const shares = probabilities.subarray(i * classes, (i + 1) * classes);
    const row = counts[label];
    const said = shares.indexOf(shares.reduce((most, share) => Math.max(most, share), -Infinity));
    if (row?.[said] !== undefined) row[said] += 1;
  });
  return counts;
}
