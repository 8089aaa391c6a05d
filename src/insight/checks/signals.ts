import type { CheckMeasurements, GradientSnapshot } from '../../core/checks';
import type { CheckCode, Finding } from '../../core/finding';
import type { Objective } from '../../core/metrics';
import { CHECK_THRESHOLDS as T } from './thresholds';
import { passed, percent } from './words';

type Check = (measured: CheckMeasurements) => Finding<CheckCode> | null;

export const inputs: Check = ({ inputs: seen }) => {
  const { columns, constant, notFinite, minimum, maximum, mean, deviation, largest, sample } = seen;
  const [most] = largest;
  const wrong = [
    ...(notFinite > 0 ? [`${String(notFinite)} values are not finite`] : []),
    ...(most !== undefined && most.rms > T.inputRms
      ? [`column ${most.name} has a root mean square of ${most.rms.toPrecision(3)}`]
      : []),
    ...(Math.max(-minimum, maximum) > T.inputValue
      ? [`values reach from ${minimum.toPrecision(3)} to ${maximum.toPrecision(3)}`]
      : []),
    ...(constant > T.inputConstant * columns
      ? [`${String(constant)} of ${String(columns)} columns have one value`]
      : []),
  ];
  const evidence = {
    columns,
    constant,
    notFinite,
    minimum,
    maximum,
    mean,
    deviation,
    smallestDeviation: seen.smallestDeviation,
    largest: largest.map((column) => ({ ...column })),
    sample: { features: [...sample.features], rows: sample.rows.map((row) => row.map(rounded)) },
    mostRms: T.inputRms,
    mostValue: T.inputValue,
  };
  if (wrong.length === 0) {
    return passed(
      'inputs_look_wrong',
      `The inputs look right: ${String(columns)} columns from ${minimum.toPrecision(3)} to ${maximum.toPrecision(3)}, mean ${mean.toPrecision(2)}, deviation ${deviation.toPrecision(2)}.`,
      evidence,
    );
  }
  return {
    code: 'inputs_look_wrong',
    severity: notFinite > 0 ? 'problem' : 'warning',
    message: `What reaches the network looks wrong: ${wrong.join('; ')}.`,
    evidence,
    advice:
      'Scale the columns (preparation.scale "standard", or "robust" with outliers; preparation.longTails "auto"), and leave out those that say nothing (features.exclude).',
  };
};

export const deadUnits: Check = ({ network }) => {
  if ('error' in network) return null;
  const layers = network.activations;
  const dead = layers.filter((layer) => layer.dead > T.deadShare * layer.units);
  const evidence = { layers: layers.map((layer) => ({ ...layer })), mostShare: T.deadShare };
  if (layers.length === 0)
    return passed('dead_units', 'The network has no ReLU units that could be dead.', evidence);
  const all = layers.reduce((sum, { units }) => sum + units, 0);
  const count = layers.reduce((sum, layer) => sum + layer.dead, 0);
  if (dead.length === 0) {
    return passed(
      'dead_units',
      `${String(count)} of ${String(all)} ReLU units are dead (0 for every row).`,
      evidence,
    );
  }
  return {
    code: 'dead_units',
    severity: 'warning',
    message: `Dead ReLU units, 0 for every row: ${dead.map((layer) => `${String(layer.dead)} of ${String(layer.units)} in ${layer.layer}`).join(', ')}.`,
    evidence,
    advice:
      'Lower training.learningRate, take leakyReLU or elu in place of relu, or heNormal as kernelInitializer in model.',
  };
};

/** The gradient of the first kernel against the largest of the hidden ones; the output kernel starts small and is left out. */
export const vanishing: Check = ({ network }) => {
  if ('error' in network) return null;
  const ratios = network.gradients.flatMap((snapshot) => ratioOf(snapshot) ?? []);
  const evidence = { ratios, snapshots: snapshotsOf(network.gradients), least: T.vanishing };
  const [ratio] = ratios;
  if (ratio === undefined) {
    return passed(
      'vanishing_gradients',
      'The network has too few hidden layers for gradients to vanish.',
      evidence,
    );
  }
  // A gradient that is small once may be small by chance; one that stays small moves nothing.
  const most = Math.max(...ratios);
  if (most >= T.vanishing) {
    return passed(
      'vanishing_gradients',
      `Gradients reach the first layer: ${ratio.toPrecision(2)} of the largest hidden one at the start.`,
      evidence,
    );
  }
  return {
    code: 'vanishing_gradients',
    severity: 'warning',
    message: `Gradients vanish on their way to the first layer: they are ${most.toExponential(1)} of the largest hidden one.`,
    evidence,
    advice:
      'Take relu or elu in place of sigmoid or tanh, batchNormalization between the layers, an initialiser that fits the activation (heNormal, glorotUniform), or fewer layers in model.',
  };
};

export const exploding: Check = ({ network }) => {
  if ('error' in network) return null;
  const diverged = network.trained === null;
  const norms = network.gradients.map(({ norm }) => norm);
  const most = norms.some((norm) => norm === null)
    ? Infinity
    : Math.max(0, ...norms.flatMap((norm) => norm ?? []));
  const evidence = {
    norms: [...norms],
    snapshots: snapshotsOf(network.gradients),
    diverged,
    most: T.exploding,
  };
  if (!diverged && most <= T.exploding) {
    return passed(
      'exploding_gradients',
      `The gradients' norm stays in bounds: ${most.toPrecision(2)} per unit of chance at most.`,
      evidence,
    );
  }
  return {
    code: 'exploding_gradients',
    severity: diverged ? 'problem' : 'warning',
    message: diverged
      ? `Training broke down: the loss stopped being finite in epoch ${String(network.epochs)}.`
      : `Gradients explode: their norm is ${Number.isFinite(most) ? most.toPrecision(2) : 'not finite'} per unit of chance.`,
    evidence,
    advice:
      'Set training.gradientClip to 1, lower training.learningRate by a factor of 10, scale the inputs (preparation.scale), or take a smaller initialiser in model.',
  };
};

/** An objective that a guess of the largest class already satisfies. */
export function metric({ priors }: CheckMeasurements, objectives: readonly Objective[]): Finding<CheckCode> {
  const largest = priors === null ? 0 : Math.max(...priors);
  const unsuitable =
    objectives.some((each) => each.metric === 'validation.accuracy') && largest >= T.accuracyShare;
  const names = objectives.map((each) => each.metric).join(', ');
  const evidence = {
    objectives: objectives.map((each) => each.metric),
    largestClass: largest,
    most: T.accuracyShare,
  };
  if (!unsuitable) return passed('metric_unsuitable', `The objective fits the task: ${names}.`, evidence);
  return {
    code: 'metric_unsuitable',
    severity: 'warning',
    message: `Accuracy says little here: always saying the largest class is right in ${percent(largest)} of the rows.`,
    evidence,
    advice:
      'Take validation.balancedAccuracy, validation.f1 or validation.logLoss in objectives, and read accuracy beside it.',
  };
}

/** Null with fewer than two hidden kernels, or where they are not finite or all 0. */
function ratioOf({ kernels }: GradientSnapshot): number | null {
  const hidden = kernels.slice(0, -1).flatMap(({ rms }) => rms ?? []);
  const most = Math.max(...hidden);
  const [first] = hidden;
  return hidden.length < 2 || first === undefined || most <= 0 ? null : first / most;
}

function snapshotsOf(snapshots: readonly GradientSnapshot[]) {
  return snapshots.map(({ when, norm, kernels }) => ({
    when,
    norm,
    kernels: kernels.map((kernel) => ({ ...kernel })),
  }));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
