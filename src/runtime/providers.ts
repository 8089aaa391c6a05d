import type { InferenceSession } from 'onnxruntime-node';
import { deviceKind } from '../core/devices';

/**
 * The device's execution provider. ONNX Runtime puts on the CPU what that provider has no kernel for; where a kernel
 * lacks a part, the nodes have to be named.
 * @param onCpu names of nodes that WebGPU's kernels cannot compute
 */
export function providersOf(
  device: string,
  onCpu: readonly string[] = [],
): InferenceSession.ExecutionProviderConfig[] {
  switch (deviceKind(device)) {
    case 'cpu':
      return ['cpu'];
    case 'webgpu':
      return [onCpu.length === 0 ? 'webgpu' : { name: 'webgpu', forceCpuNodeNames: onCpu }];
    case 'cuda':
      return [{ name: 'cuda', deviceId: Number(device.split(':')[1] ?? 0) }];
  }
}

/** The provider's name in ONNX Runtime's profile. */
export function providerName(device: string): string {
  const names = { cpu: 'CPU', webgpu: 'WebGpu', cuda: 'CUDA' };
  return `${names[deviceKind(device)]}ExecutionProvider`;
}
