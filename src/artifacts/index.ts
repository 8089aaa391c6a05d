export { writeBundle, type BundleFile } from './bundle';
export { loadNetwork, networkArtifact, predictRows } from './network-files';
