import { join } from 'node:path';
import { tensorflowFolder } from '../core/tensorflow';
import { probeDevice } from './probe-device';
import { machineCosts, type MeasuredCosts } from './costs';
import { reportTensorFlow, type TensorFlowReport } from './tensorflow';

/** What a process has found out about the engines of its device. Plain data: its threads are told. */
export interface EngineSurvey {
  readonly device: string;
  /** Why ONNX Runtime cannot compute on the device; null where it can. */
  readonly onnxRuntime: string | null;
  readonly tensorflow: TensorFlowReport;
  /** Null where there is no choice that they could decide. */
  readonly costs: MeasuredCosts | null;
}

let known: Promise<EngineSurvey> | null = null;

/** @param costsFile where the machine's measured costs are kept */
export async function surveyEngines(device: string, costsFile: string): Promise<EngineSurvey> {
  const [onnxRuntime, tensorflow] = await Promise.all([probeDevice(device), reportTensorFlow(device)]);
  const { installation, version } = tensorflow;
  const choice = device === 'cpu' && installation !== null;
  const costs = choice ? await machineCosts(installation, version ?? '', costsFile) : null;
  return { device, onnxRuntime, tensorflow, costs };
}

/** For a thread, whose process has surveyed already. */
export function useSurvey(survey: EngineSurvey): void {
  known = Promise.resolve(survey);
}

/** What this thread was told, or finds for itself, on the CPU. */
export function currentSurvey(): Promise<EngineSurvey> {
  known ??= surveyEngines('cpu', join(tensorflowFolder(process.env), 'costs.json'));
  return known;
}
