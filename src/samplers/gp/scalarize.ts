import type { RandomStream } from '../../core/random';
import type { Observation } from '../observations';

/** Share of the plain sum beside the largest weighed loss (Knowles, "ParEGO", 2006). */
const SUM_SHARE = 0.05;

/**
 * Several losses as one: the largest, each scaled to [0, 1] over the history and weighed by a random draw from the
 * simplex, so that over many proposals the whole front is sought.
 */
export function scalarize(
  observations: readonly Observation[],
  objectives: number,
  stream: RandomStream,
): readonly Observation[] {
  if (objectives < 2) return observations;
  const raw = Array.from({ length: objectives }, () => -Math.log(1 - stream.uniform()));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const known = observations.flatMap(({ losses }) => (losses === null ? [] : [losses]));
  const scales = raw.map((weight, objective) => {
    const values = known.map((losses) => losses[objective]!);
    const least = values.reduce((low, value) => Math.min(low, value), Infinity);
    const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
    return { least, factor: most > least ? weight / total / (most - least) : 0 };
  });
  return observations.map((observation) => {
    if (observation.losses === null) return observation;
    const weighed = observation.losses.map((loss, i) => (loss - scales[i]!.least) * scales[i]!.factor);
    const sum = weighed.reduce((all, loss) => all + loss, 0);
    return { ...observation, losses: [Math.max(...weighed) + SUM_SHARE * sum] };
  });
}
