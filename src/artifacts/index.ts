export { averageNetworks, type AverageMember } from './average-networks';
export { boostedNetwork, type BoostingStage } from './boosted-network';
export { columnsOf } from './columns-layer';
export { writeBundle, type BundleFile } from './bundle';
export { inputNames, loadNetwork, networkArtifact, predictRows } from './network-files';
export type { OwnUnits } from './own-units';
