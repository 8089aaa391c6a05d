import type { AverageJob, NetworkArtifact } from '../core/job';
import { averageNetworks, networkArtifact } from '../artifacts';
import type { PreparedTable } from '../datasets';
import { onForwardEngine } from './on-forward-engine';

/** Networks that take the same prepared input as one: the weighted mean of their probabilities, or of the prepared values. */
export function averageMembers(job: AverageJob, data: PreparedTable): Promise<NetworkArtifact> {
  return onForwardEngine(async () => {
    const network = await averageNetworks(job.networks, job.counts);
    try {
      return {
        ...(await networkArtifact(network)),
        parameters: network.countParams(),
        preprocessing: JSON.stringify(data.fitted),
      };
    } finally {
      network.dispose();
    }
  });
}
