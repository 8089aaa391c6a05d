import type { AverageJob, NetworkArtifact } from '../core/job';
import { InternalError, NotSupportedError } from '../core/errors';
import { averageNetworks, networkArtifact, type OwnUnits } from '../artifacts';
import { commonTarget, mergePreparations, parsePreparation, type FittedTarget } from '../datasets';
import { onForwardEngine } from './on-forward-engine';

/**
 * Networks of one table as one: the weighted mean of their probabilities, or of their values in the target's units. Each
 * takes its inputs as its own preparation makes them.
 * @throws NotSupportedError `final.ensemble` where no built-in layers bring their values into the same units
 */
export function averageMembers(job: AverageJob): Promise<NetworkArtifact> {
  const [first, ...others] = job.networks.map(({ preprocessing }) => parsePreparation(preprocessing));
  if (first === undefined) throw new InternalError('no_members', 'an average takes two networks or more');
  const target = commonTarget([first.target, ...others.map((each) => each.target)]);
  if (target === null) {
    throw new NotSupportedError(
      'final.ensemble',
      'no built-in layer undoes yeo-johnson; networks with this targetTransform are averaged only with their like',
    );
  }
  const { fitted, places } = mergePreparations([first, ...others], target.whole);
  return onForwardEngine(async () => {
    const network = await averageNetworks(
      job.networks.map((member, i) => ({
        network: member,
        count: job.counts[i] ?? 1,
        places: places[i] ?? [],
        units: target.units?.[i] ?? null,
      })),
      { names: fitted.inputs.map(({ name }) => name), units: unitsOf(fitted.target) },
    );
    try {
      return {
        ...(await networkArtifact(network)),
        parameters: network.countParams(),
        preprocessing: JSON.stringify(fitted),
      };
    } finally {
      network.dispose();
    }
  });
}

/** Probabilities have none. */
function unitsOf(target: FittedTarget): Pick<OwnUnits, 'mean' | 'deviation'> {
  return target.kind === 'value' ? target : { mean: 0, deviation: 1 };
}
