import { isBetter, type Metrics, type Objective } from '../../core/metrics';
import { leadingObjective, metricValue } from '../../core/objectives';
import type { PeerCurve } from '../../core/search';
import type { EpochReport, TrialState } from '../../core/trial';

interface Curve {
  readonly steps: number[];
  readonly bests: (readonly number[] | null)[];
  /** Epoch that `bests` speak of, with its metrics; null before the first defined value. */
  best: EpochReport | null;
}

/**
 * What the trials of a study have shown so far, as pruners compare them: the leading objective first, as a running best,
 * and the other objectives as they were in the same epoch.
 */
export class Curves {
  readonly #leading: Objective;
  readonly #objectives: readonly Objective[];
  readonly #curves = new Map<number, Curve>();

  constructor(objectives: readonly Objective[]) {
    this.#leading = leadingObjective(objectives);
    this.#objectives = [this.#leading, ...objectives.filter((objective) => objective !== this.#leading)];
  }

  /** In the order of the values of curves. */
  get directions(): readonly Objective['direction'][] {
    return this.#objectives.map(({ direction }) => direction);
  }

  /** Appends committed epochs. @param parameters of the trial's network */
  report(number: number, reports: readonly EpochReport[], parameters: number | null): void {
    const curve = this.#curveOf(number);
    for (const report of reports) {
      const before = curve.bests.at(-1) ?? null;
      const value = metricValue(this.#leading.metric, measured(report.validation, parameters));
      curve.steps.push(report.epoch);
      if (isBetter(value, before?.[0] ?? null, this.#leading.direction)) {
        curve.best = report;
        curve.bests.push(this.#vector(report.validation, parameters));
      } else {
        curve.bests.push(before);
      }
    }
  }

  /** Forgets what a lost attempt had reported. */
  delete(number: number): void {
    this.#curves.delete(number);
  }

  numbers(): readonly number[] {
    return [...this.#curves.keys()];
  }

  /** The last reported step; 0 before the first. */
  lastStep(number: number): number {
    return this.#curves.get(number)?.steps.at(-1) ?? 0;
  }

  /** The epoch that speaks for a trial so far. */
  best(number: number): EpochReport | null {
    return this.#curves.get(number)?.best ?? null;
  }

  peer(number: number, state: TrialState): PeerCurve {
    const { steps, bests } = this.#curves.get(number) ?? { steps: [], bests: [] };
    return { number, state, steps, bests };
  }

  /** A duration is known at the end alone: it does not tell trials apart before. */
  #vector(validation: Metrics, parameters: number | null): readonly number[] | null {
    const values = this.#objectives.map(({ metric, direction }) => {
      if (metric === 'trial.durationMs') return 0;
      const worst = direction === 'minimize' ? Number.MAX_VALUE : -Number.MAX_VALUE;
      return metricValue(metric, measured(validation, parameters)) ?? worst;
    });
    return values;
  }

  #curveOf(number: number): Curve {
    const known = this.#curves.get(number);
    if (known !== undefined) return known;
    const curve: Curve = { steps: [], bests: [], best: null };
    this.#curves.set(number, curve);
    return curve;
  }
}

function measured(
  validation: Metrics,
  parameters: number | null,
): { validation: Metrics; parameters: number | null; durationMs: null } {
  return { validation, parameters, durationMs: null };
}
