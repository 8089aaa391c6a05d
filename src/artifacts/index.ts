export { boostedNetwork, type BoostingStage } from './boosted-network';
export { averageNetworks } from './average-networks';
export { writeBundle, type BundleFile } from './bundle';
export { loadNetwork, networkArtifact, predictRows } from './network-files';
