import { cudaIndex, tensorflowFolder } from '../../core/tensorflow';
import { findInstallations, type Installation } from './installation';
import { probe } from './probe';

/** What a process has found out about TensorFlow on this machine; its threads are told, and need not look again. */
export interface TensorFlowReport {
  /** Null where there is none that works. */
  readonly installation: Installation | null;
  /** Of the package and of the library. */
  readonly version: string | null;
  readonly devices: readonly string[];
  /** Why it cannot be used, and what to do; null where it can. */
  readonly reason: string | null;
}

const SETUP = 'npm run setup:tensorflow';

/** Tries what is installed, best first, on the device of a slot. */
export async function reportTensorFlow(device: string): Promise<TensorFlowReport> {
  const failures: string[] = [];
  for (const installation of findInstallations(tensorflowFolder(process.env))) {
    const { source, variant, version } = installation;
    const found = await probe(installation, device);
    if (typeof found === 'string') failures.push(`the ${source} ${variant} binary does not load: ${found}`);
    else if (cudaIndex(device) !== null && !found.gpu) failures.push(withoutGpu(installation, device));
    else {
      const versions = `${version} on TensorFlow ${found.version}`;
      // It drives no graphics device but NVIDIA's.
      const driven = cudaIndex(device) === null ? 'cpu' : device;
      return { installation, version: versions, devices: [driven], reason: null };
    }
  }
  const reason = failures.length > 0 ? failures.join('; ') : `not installed; \`${SETUP}\` builds it`;
  return { installation: null, version: null, devices: [], reason };
}

function withoutGpu({ variant }: Installation, device: string): string {
  return variant === 'gpu'
    ? `TensorFlow finds no GPU for ${device}; is there one, with NVIDIA's driver?`
    : `TensorFlow was built without CUDA; \`${SETUP} -- --gpu\` builds it with`;
}
