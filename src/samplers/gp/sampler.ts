import type { ProposalRequest, Sampler } from '../../core/search';
import type { Params } from '../../core/trial';
import type { Space } from '../../space';
import { Encoding, type Code } from '../encoding';
import { observe, type Observation } from '../observations';
import { rankObservations } from '../ranking';
import { RandomSampler } from '../random';
import { drawUnseen } from '../unseen';
import { LeastMean, LogExpectedImprovement, LogFeasibility, Product, type Acquisition } from './acquisition';
import { FitMemory, rowsOf } from './fit';
import { GaussianProcess } from './model';
import { AcquisitionSearch } from './search';
import { scalarize } from './scalarize';
import { applyWarp } from './warp';

export interface GpOptions {
  /** Trials before the first that is modelled. */
  readonly startup: number;
}

/** The process is conditioned on at most so many trials. */
const MOST_POINTS = 180;
/** Of many trials under way the latest count. */
const MOST_FANTASIES = 64;
/** Good trials around which the next point is sought. */
const CENTRES = 4;
/**
 * An improvement smaller than this, in standard deviations of the losses, does not count in two of three proposals, but
 * for the last quarter of the budget: once a valley's floor is nearly reached, other valleys are worth more than its
 * last digits.
 */
const WORTHWHILE = 0.003;
const LAST_PART = 0.75;
/** From here on, where nothing else is under way, the best known place is polished whatever is unknown elsewhere. */
const POLISH_PART = 0.95;

/**
 * Bayesian optimisation with a Gaussian process: a Matérn 5/2 kernel over all axes and one that is a sum over axes, each
 * with its own length scales ({@link Likelihood}); losses bent by a power where that makes them likelier; the logarithm
 * of the expected improvement (Ament et al., NeurIPS 2023), times the probability to be feasible where trials break
 * constraints (Gardner et al., ICML 2014). Trials under way are taken to end as expected. Several objectives are
 * weighed at random for each proposal (ParEGO: Knowles, 2006).
 */
export class GpSampler implements Sampler<Space> {
  readonly name = 'gp';
  readonly #options: GpOptions;
  readonly #encoding: Encoding;
  /**
   * Independent draws: the first ten points of a Sobol sequence lie along a diagonal in some pairs of axes (of six axes
   * the first and the last correlate at 0.76), and models of them miss valleys (docs/bench.md).
   */
  readonly #startup = new RandomSampler();
  readonly #lossFits: FitMemory;
  readonly #violationFits: FitMemory;

  constructor(space: Space, options: GpOptions) {
    this.#options = options;
    this.#encoding = new Encoding(space);
    this.#lossFits = new FitMemory(this.#encoding);
    this.#violationFits = new FitMemory(this.#encoding);
  }

  propose(request: ProposalRequest<Space>): Params {
    const encoding = this.#encoding;
    const { finished, pending, tried } = observe(request, encoding);
    const completed = finished.filter(({ losses }) => losses !== null).length;
    const blind = encoding.size === 0 || completed < this.#options.startup;
    if (blind) return this.#startup.propose(request);
    const { stream, number, budget } = request;
    const observations = scalarize(finished, request.directions.length, stream);
    const polish = pending.length === 0 && number >= POLISH_PART * budget;
    const margin = number % 3 === 0 || number >= LAST_PART * budget ? 0 : WORTHWHILE;
    const acquisition = this.#acquisition(observations, pending, polish ? null : margin);
    const centres = rankObservations(observations)
      .slice(0, CENTRES)
      .map(({ code }) => code);
    const found = new AcquisitionSearch(encoding, acquisition, stream).best(centres, tried);
    return found === null ? drawUnseen(encoding, tried, stream) : encoding.decode((axis) => found[axis]!);
  }

  /** @param margin of the improvement; null: none is looked for, only the least mean */
  #acquisition(
    observations: readonly Observation[],
    pending: readonly Code[],
    margin: number | null,
  ): Acquisition {
    const feasible = observations.filter(({ violation }) => violation === 0);
    const constrained = observations.some(({ violation }) => violation > 0 && violation < Infinity);
    if (!constrained) return this.#improvement(observations, pending, margin);
    const feasibility = this.#feasibility(observations, pending);
    if (feasible.length === 0) return feasibility;
    return new Product(this.#improvement(observations, pending, margin), feasibility);
  }

  #improvement(
    observations: readonly Observation[],
    pending: readonly Code[],
    margin: number | null,
  ): Acquisition {
    const { categories } = this.#encoding;
    const { warp, parameters } = this.#lossFits.fitFor(observations, lossesOf);
    const points = subsetOf(observations, MOST_POINTS);
    const { losses } = applyWarp(lossesOf(points), warp);
    const observed = new GaussianProcess(this.#rows(points), losses, parameters, categories);
    if (margin === null) return new LeastMean(observed, this.#encoding);
    const allowed = points.map(({ violation, losses: known }) => violation === 0 || known === null);
    const best = observed.leastMean(losses, allowed);
    return new LogExpectedImprovement(
      this.#withFantasies(observed, losses, pending),
      best - margin,
      this.#encoding,
    );
  }

  #feasibility(observations: readonly Observation[], pending: readonly Code[]): LogFeasibility {
    const completed = observations.filter(({ violation }) => violation < Infinity);
    const { parameters } = this.#violationFits.fitFor(completed, signedViolations);
    const points = subsetOf(completed, MOST_POINTS);
    const violations = signedViolations(points);
    const observed = new GaussianProcess(
      this.#rows(points),
      violations,
      parameters,
      this.#encoding.categories,
    );
    return new LogFeasibility(this.#withFantasies(observed, violations, pending), this.#encoding);
  }

  /** Trials under way are taken to end as the process expects, so that another is sought elsewhere. */
  #withFantasies(process: GaussianProcess, losses: Float64Array, pending: readonly Code[]): GaussianProcess {
    if (pending.length === 0) return process;
    const latest = pending.slice(-MOST_FANTASIES);
    const added = rowsOf(latest, this.#encoding);
    const { size, categories } = this.#encoding;
    const expected = latest.map((_, i) => process.predict(added.subarray(i * size, (i + 1) * size)).mean);
    const rows = new Float64Array(process.rows.length + added.length);
    rows.set(process.rows);
    rows.set(added, process.rows.length);
    return new GaussianProcess(
      rows,
      Float64Array.from([...losses, ...expected]),
      process.parameters,
      categories,
    );
  }

  #rows(points: readonly Observation[]): Float64Array {
    return rowsOf(
      points.map(({ code }) => code),
      this.#encoding,
    );
  }
}

/** A failed trial counts as the worst that was seen. */
function lossesOf(observations: readonly Observation[]): Float64Array {
  const known = observations.flatMap(({ losses }) => losses?.[0] ?? []);
  const worst = known.reduce((most, loss) => Math.max(most, loss), -Infinity);
  return Float64Array.from(observations, ({ losses }) => losses?.[0] ?? (known.length === 0 ? 0 : worst));
}

/** Above 0 where constraints are broken, the more the higher; −1 where they are kept. */
function signedViolations(observations: readonly Observation[]): Float64Array {
  const broken = observations
    .flatMap(({ violation }) => (violation > 0 ? [violation] : []))
    .sort((a, b) => a - b);
  const unit = broken[broken.length >> 1] ?? 1;
  return Float64Array.from(observations, ({ violation }) =>
    violation > 0 ? 0.3 + Math.log1p(violation / unit) : -1,
  );
}

/** The best half of what there is room for, and of the others every so many. */
function subsetOf(observations: readonly Observation[], most: number): readonly Observation[] {
  if (observations.length <= most) return observations;
  const ranked = rankObservations(observations);
  const best = ranked.slice(0, most >> 1);
  const rest = ranked.slice(most >> 1);
  const stride = rest.length / (most - best.length);
  return [...best, ...Array.from({ length: most - best.length }, (_, i) => rest[Math.floor(i * stride)]!)];
}
