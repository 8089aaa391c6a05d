import type { CheckMeasurements } from '../../core/checks';
import type { CheckCode, Finding } from '../../core/finding';
import { CHECK_THRESHOLDS as T } from './thresholds';
import { passed, percent } from './words';

type Check = (measured: CheckMeasurements) => Finding<CheckCode> | null;

/** The loss before the first step, over several seeds, against the entropy of the class shares or the target's variance. */
export const initialLoss: Check = ({ network, chance }) => {
  if ('error' in network) {
    const { code, message } = network.error;
    return {
      code: 'initial_loss',
      severity: 'problem',
      message: `The network in the middle of the space cannot be trained: ${message}.`,
      evidence: { error: code },
      advice: 'Mend model or training where the message says; other points of the space may fail alike.',
    };
  }
  const losses = network.initial.flatMap((loss) => loss ?? []);
  const mean = losses.length < network.initial.length ? null : average(losses);
  const share = mean === null ? null : mean / chance.train;
  const evidence = { losses: [...network.initial], chance: chance.train, most: T.initialOff };
  if (share !== null && Math.abs(share - 1) <= T.initialOff) {
    return passed(
      'initial_loss',
      `The first loss is what chance gives: ${figure(mean)} over ${String(losses.length)} seeds, chance ${figure(chance.train)}.`,
      evidence,
    );
  }
  return {
    code: 'initial_loss',
    severity: 'warning',
    message:
      share === null
        ? 'The loss is not finite before the first step.'
        : `The first loss is ${figure(mean)}, ${percent(share)} of what chance gives (${figure(chance.train)}): the network begins with an opinion.`,
    evidence,
    advice:
      'Scale the inputs (preparation.scale "standard"), and give the last layer of model a small kernelInitializer (randomNormal) in place of a large one.',
  };
};

export const smallBatch: Check = ({ smallBatch: batch }) => {
  if (batch === null) return null;
  const { loss, chance, rows, epochs } = batch;
  const left = loss === null ? null : loss / chance;
  const evidence = { rows, loss, chance, epochs, most: T.smallBatchLeft };
  if (left !== null && left <= T.smallBatchLeft) {
    return passed(
      'overfits_small_batch',
      `The network learns ${String(rows)} rows by heart in ${String(epochs)} steps: ${percent(left)} of their chance loss is left.`,
      evidence,
    );
  }
  return {
    code: 'overfits_small_batch',
    severity: 'problem',
    message:
      left === null
        ? `The network cannot learn ${String(rows)} rows by heart: its loss stopped being finite.`
        : `The network cannot learn ${String(rows)} rows by heart: after ${String(epochs)} steps ${percent(left)} of their chance loss is left.`,
    evidence,
    advice:
      'Something between input and loss is broken, or the network is far too small: look at activations that saturate or are always 0, at a layer with one unit, and raise the units in model.',
  };
};

export const capacity: Check = ({ capacity: steps, chance }) => {
  const shares = steps.map(({ train }) => (train === null ? Infinity : train / chance.train));
  const [first = 0, last = 0] = [shares[0], shares.at(-1)];
  const rise = last - Math.min(...shares);
  const list = steps.map(({ name }, i) => `${name} ${percent(shares[i] ?? 0)}`).join(', ');
  const evidence = {
    steps: steps.map(({ name, parameters, train }) => ({ name, parameters, train })),
    chance: chance.train,
    mostRise: T.capacityRise,
  };
  if (Number.isFinite(last) && (rise <= T.capacityRise || last <= first - T.capacityRise)) {
    return passed(
      'loss_falls_with_capacity',
      `The training loss does not rise as capacity grows, in shares of chance: ${list}.`,
      evidence,
    );
  }
  return {
    code: 'loss_falls_with_capacity',
    severity: 'warning',
    message: `A larger network does not fit the training rows better, in shares of chance: ${list}.`,
    evidence,
    advice:
      'What a linear model can do, a larger network can too: the inputs are probably badly scaled (preparation.scale, preparation.longTails), or have values far off.',
  };
};

export const stuck: Check = ({ network, capacity: steps, chance, priors }) => {
  if ('error' in network) return null;
  const { spread, moved, epochs, values } = network.predictions;
  const best = Math.min(...steps.map(({ validation }) => (validation ?? Infinity) / chance.validation));
  const still = spread < T.predictionSpread && best < T.learnable;
  const evidence = {
    spread,
    moved,
    epochs: [...epochs],
    predictions: values.map((rows) => rows.map((row) => row.map(rounded))),
    leastSpread: T.predictionSpread,
    bestBaseline: Number.isFinite(best) ? best : null,
  };
  const unit = priors === null ? 'deviations of the target' : 'in probability';
  if (!still) {
    return passed(
      'predictions_stuck',
      `Predictions of the same rows move over the epochs (by up to ${figure(moved)}) and differ from row to row (spread ${figure(spread)} ${unit}).`,
      evidence,
    );
  }
  return {
    code: 'predictions_stuck',
    severity: 'warning',
    message: `After ${String(epochs.at(-1) ?? 0)} epochs the network says nearly the same of every row (spread ${figure(spread)} ${unit}), and a baseline reaches ${percent(best)} of chance.`,
    evidence,
    advice:
      'Raise training.learningRate or training.epochs, weaken l2 and dropout in model, and look at dead_units and vanishing_gradients.',
  };
};

/** Whether the study's network learns anything where the baselines do. */
export const baseline: Check = ({ network, capacity: steps, chance, baselines }) => {
  if ('error' in network) return null;
  const best = Math.min(
    ...steps.slice(0, 2).map(({ validation }) => (validation ?? Infinity) / chance.validation),
  );
  const own = network.trained === null ? null : network.trained.validation / chance.validation;
  const evidence = {
    network: own,
    bestBaseline: Number.isFinite(best) ? best : null,
    baselines: baselines.map(({ name, metrics }) => ({ name, metrics: { ...metrics } })),
    epochs: network.epochs,
    nothingLearned: T.nothingLearned,
    learnable: T.learnable,
  };
  const said = own === null ? 'its loss stopped being finite' : `it reaches ${percent(own)} of chance`;
  const fails = best < T.learnable && (own === null || own >= T.nothingLearned);
  if (!fails) {
    return passed(
      'worse_than_baseline',
      `The network of the middle of the space learns in ${String(network.epochs)} epochs: ${said} on validation rows, the best baseline ${percent(best)}.`,
      evidence,
    );
  }
  return {
    code: 'worse_than_baseline',
    severity: 'warning',
    message: `The network of the middle of the space is no better than knowing nothing after ${String(network.epochs)} epochs (${said}); a baseline reaches ${percent(best)}.`,
    evidence,
    advice:
      'Move the range of training.learningRate by a factor of 10, or begin with a smaller network ({"preset": "linear"}) and grow it.',
  };
};

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function figure(value: number | null): string {
  return value === null ? 'none' : value.toPrecision(3);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
