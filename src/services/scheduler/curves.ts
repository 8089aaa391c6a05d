import { InternalError } from '../../core/errors';
import { isBetter, type Metrics, type Objective } from '../../core/metrics';
import { leadingObjective, metricValue } from '../../core/objectives';
import type { PeerCurve } from '../../core/search';
import type { EpochReport, TrialState } from '../../core/trial';

/** `folds`: a step speaks of the mean over the folds so far. `external`: reports name values as the objectives do. */
export type CurveKind = 'epochs' | 'folds' | 'external';

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
  readonly #kind: CurveKind;
  readonly #leading: Objective;
  readonly #objectives: readonly Objective[];
  readonly #curves = new Map<number, Curve>();

  constructor(objectives: readonly Objective[], kind: CurveKind = 'epochs') {
    this.#kind = kind;
    this.#leading = kind === 'external' ? first(objectives) : leadingObjective(objectives);
    this.#objectives = [this.#leading, ...objectives.filter((objective) => objective !== this.#leading)];
  }

  /** In the order of the values of curves. */
  get directions(): readonly Objective['direction'][] {
    return this.#objectives.map(({ direction }) => direction);
  }

  /** Appends committed epochs. @param parameters of the trial's network */
  report(number: number, reports: readonly EpochReport[], parameters: number | null): void {
    const curve = this.#curveOf(number);
    for (const fold of reports) {
      const report = this.#kind === 'folds' ? meanOf(curve, fold) : fold;
      const before = curve.bests.at(-1) ?? null;
      const after = this.#after(before, report, parameters);
      curve.steps.push(report.epoch);
      curve.bests.push(after);
      if (after !== before || this.#kind === 'folds') curve.best = report;
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

  /** As {@link Curves.peer}, with a report that is not committed yet. */
  peerWith(number: number, state: TrialState, report: EpochReport, parameters: number | null): PeerCurve {
    const { steps, bests } = this.peer(number, state);
    const after = this.#after(bests.at(-1) ?? null, report, parameters);
    return { number, state, steps: [...steps, report.epoch], bests: [...bests, after] };
  }

  /** What speaks for a trial after one more report: a new list where the report is the best. */
  #after(
    before: readonly number[] | null,
    { validation }: EpochReport,
    parameters: number | null,
  ): readonly number[] | null {
    const value = this.#valueOf(this.#leading.metric, validation, parameters);
    if (this.#kind === 'folds') return value === null ? null : this.#vector(validation, parameters);
    const improved = isBetter(value, before?.[0] ?? null, this.#leading.direction);
    return improved ? this.#vector(validation, parameters) : before;
  }

  /** A duration is known at the end alone: it does not tell trials apart before. */
  #vector(validation: Metrics, parameters: number | null): readonly number[] | null {
    const values = this.#objectives.map(({ metric, direction }) => {
      if (metric === 'trial.durationMs' && this.#kind !== 'external') return 0;
      const worst = direction === 'minimize' ? Number.MAX_VALUE : -Number.MAX_VALUE;
      return this.#valueOf(metric, validation, parameters) ?? worst;
    });
    return values;
  }

  #valueOf(metric: string, validation: Metrics, parameters: number | null): number | null {
    if (this.#kind === 'external') return validation[metric] ?? null;
    return metricValue(metric, { validation, parameters, durationMs: null });
  }

  #curveOf(number: number): Curve {
    const known = this.#curves.get(number);
    if (known !== undefined) return known;
    const curve: Curve = { steps: [], bests: [], best: null };
    this.#curves.set(number, curve);
    return curve;
  }
}

function first([objective]: readonly Objective[]): Objective {
  if (objective === undefined) throw new InternalError('no_objective', 'a study has at least one objective');
  return objective;
}

/** The mean over the folds so far and one more: `best` of the curve is the mean before it. */
function meanOf({ steps, best }: Curve, fold: EpochReport): EpochReport {
  const before = steps.length;
  const mean = (old: Metrics | undefined, next: Metrics): Metrics =>
    Object.fromEntries(
      Object.entries(next).map(([name, value]) => {
        const known = old?.[name];
        if (value === null || known === null) return [name, null];
        return [name, known === undefined ? value : (known * before + value) / (before + 1)];
      }),
    );
  return {
    epoch: fold.epoch,
    train: mean(best?.train, fold.train),
    validation: mean(best?.validation, fold.validation),
  };
}
