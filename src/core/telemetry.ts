import type { EngineName } from './specification';
import type { PhaseTimes } from './phase-clock';
import type { TrialState } from './trial';

/** What the rooms tell of themselves; the API turns it into `/metrics`. */
export interface Telemetry {
  trialFinished(state: TrialState, engine: EngineName | null): void;
  epochs(count: number): void;
  /** What an ended trial's time on its worker went to. */
  trialSpent(spent: PhaseTimes): void;
  attemptLost(): void;
  workerRestarted(): void;
  commit(seconds: number): void;
  prediction(seconds: number): void;
}
