import type { Code, Encoding } from '../encoding';
import type { Observation } from '../observations';
import { rankObservations } from '../ranking';
import { featuresOf, type KernelParameters } from './kernel';
import { minimize } from './lbfgs';
import { Likelihood, parametersOf } from './likelihood';
import { applyWarp, type Warp } from './warp';

export interface Fit {
  readonly warp: Warp;
  readonly parameters: KernelParameters;
}

const POWERS = [1, 0.5, 0];
/** What a fit may cost. */
interface Effort {
  /** Trials that it looks at, at most. */
  readonly trials: number;
  /** Evaluations of the likelihood from each start, and from the best of them. */
  readonly short: number;
  readonly long: number;
}

const THOROUGH: Effort = { trials: 100, short: 10, long: 30 };
/** Of a long history a part tells the length scales well enough, and proposals stay quick. */
const QUICK: Effort = { trials: 70, short: 5, long: 15 };
const LONG_HISTORY = 200;
/** Hyperparameters are fitted again when the history has grown by this factor. */
const GROWTH = 1.1;
/** Below so many trials they are fitted for each. */
const ALWAYS = 15;

/**
 * Fits that are a function of a prefix of the history: of one that grows with the history in leaps, so that most
 * proposals find theirs made. What is kept is checked against the history that is asked about, never trusted.
 */
export class FitMemory {
  readonly #encoding: Encoding;
  #known: { readonly codes: readonly Code[]; readonly losses: Float64Array; readonly fit: Fit } | null = null;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  fitFor(
    observations: readonly Observation[],
    lossesOf: (observations: readonly Observation[]) => Float64Array,
  ): Fit {
    const all = observations.slice(0, checkpoint(observations.length));
    const effort = all.length > LONG_HISTORY ? QUICK : THOROUGH;
    const prefix = thinned(all, effort.trials);
    const codes = prefix.map(({ code }) => code);
    const losses = lossesOf(prefix);
    const known = this.#known;
    const isKnown =
      known?.codes.length === codes.length &&
      known.codes.every((code, i) => code === codes[i] && known.losses[i] === losses[i]);
    if (isKnown) return known.fit;
    const fit = fitProcess(codes, losses, this.#encoding, effort);
    this.#known = { codes, losses, fit };
    return fit;
  }
}

/** The longest prefix of a history of `n` trials at which hyperparameters are fitted. */
function checkpoint(n: number): number {
  let last = Math.min(n, ALWAYS);
  for (let next = last; next <= n; next = Math.max(next + 1, Math.floor(next * GROWTH))) last = next;
  return last;
}

/** The best half of what is fitted to, and of the others every so many, in the order of the history. */
function thinned(observations: readonly Observation[], most: number): readonly Observation[] {
  if (observations.length <= most) return observations;
  const ranked = rankObservations(observations);
  const best = ranked.slice(0, most >> 1);
  const rest = ranked.slice(most >> 1);
  const stride = rest.length / (most - best.length);
  const kept = new Set(best);
  for (let i = 0; i < most - best.length; i++) kept.add(rest[Math.floor(i * stride)]!);
  return observations.filter((observation) => kept.has(observation));
}

export function rowsOf(codes: readonly Code[], encoding: Encoding): Float64Array {
  const rows = new Float64Array(codes.length * encoding.size);
  codes.forEach((code, i) => {
    rows.set(featuresOf(code, encoding), i * encoding.size);
  });
  return rows;
}

/**
 * The most probable hyperparameters and warp of the losses. Several starts (all axes together, or each by itself) under
 * several warps run a few steps; the best of them runs on.
 */
export function fitProcess(
  codes: readonly Code[],
  losses: Float64Array,
  encoding: Encoding,
  effort: Effort,
): Fit {
  const rows = rowsOf(codes, encoding);
  const { size, categories } = encoding;
  let best: { warp: Warp; logs: Float64Array; value: number; likelihood: Likelihood } | null = null;
  for (const power of POWERS) {
    const warped = applyWarp(losses, { power });
    const likelihood = new Likelihood(rows, warped.losses, categories);
    for (const start of startsOf(size)) {
      const { point, value } = ascend(likelihood, start, effort.short);
      const comparable = value - warped.logJacobian;
      if (best === null || comparable < best.value) {
        best = { warp: { power }, logs: point, value: comparable, likelihood };
      }
    }
  }
  if (best === null) return { warp: { power: 1 }, parameters: parametersOf(startsOf(size)[0]!, size) };
  const { point } = ascend(best.likelihood, best.logs, effort.long);
  return { warp: best.warp, parameters: parametersOf(point, size) };
}

function ascend(
  likelihood: Likelihood,
  start: Float64Array,
  evaluations: number,
): { point: Float64Array; value: number } {
  const low = Float64Array.from(likelihood.priors, (prior) => prior.low);
  const high = Float64Array.from(likelihood.priors, (prior) => prior.high);
  const objective = (point: Float64Array, gradient: Float64Array): number =>
    likelihood.value(point, gradient);
  return minimize(objective, start, { low, high, evaluations, tolerance: 1e-3, firstStep: 0.5 });
}

/** Joint, additive and wavy. */
function startsOf(size: number): readonly Float64Array[] {
  const start = (
    joint: number,
    additive: number,
    jointVariance: number,
    additiveVariance: number,
  ): Float64Array => {
    const logs = new Float64Array(2 * size + 3);
    logs.fill(Math.log(joint), 0, size);
    logs.fill(Math.log(additive), size, 2 * size);
    logs[2 * size] = Math.log(jointVariance);
    logs[2 * size + 1] = Math.log(additiveVariance);
    logs[2 * size + 2] = Math.log(1e-3);
    return logs;
  };
  const reach = 0.5 * Math.sqrt(size);
  return [start(reach, 0.5, 0.9, 0.1), start(reach, 0.4, 0.2, 0.8), start(reach, 0.06, 0.1, 0.9)];
}
