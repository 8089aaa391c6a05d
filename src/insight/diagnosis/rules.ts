import type { DiagnosisCode, Finding } from '../../core/finding';
import { meanOver, movesOf, roughnessOf, type RuleContext } from './curve';

/** Losses are shares of chance: 1 is what knowing nothing gives. */
export const THRESHOLDS = {
  /** A shorter curve tells nothing. */
  leastEpochs: 3,
  /** Training ended with a loss above chance by so much, or so many times its least. */
  divergedAboveChance: 0.5,
  divergedTimesLeast: 3,
  /** After the first fifth, training loss goes up by so much in all, and by this share of what it goes down. */
  tooHighStart: 0.2,
  tooHighUp: 0.15,
  tooHighUpShare: 0.7,
  /** The second half of training still brings this share of what the first half brought: the steps are too small. */
  tooLowLateShare: 0.6,
  tooLowLeastFall: 0.005,
  tooLowLeastLeft: 0.5,
  /** The last quarter of the epochs still lowered the validation loss by so much, and by this share of the whole fall. */
  notConvergedFall: 0.02,
  notConvergedShare: 0.03,
  /** Validation loss of the kept weights above their training loss. */
  overfitGap: 0.15,
  overfitTimes: 1.5,
  /** … or the validation loss had risen by so much at the end, while the training loss went on falling. */
  overfitRise: 0.1,
  overfitRiseJumps: 4,
  /** The reference network's validation loss is better by so much. */
  underfitBehind: 0.05,
  underfitBehindShare: 0.15,
  /** Without a reference: hardly better than knowing nothing. */
  underfitNothingLearned: 0.9,
  /** … and learning on as in the last quarter would not catch up in so many quarters. */
  underfitQuarters: 4,
  /** Validation loss jumps by so much from epoch to epoch, and so many times as far as the training loss. */
  noisyJump: 0.03,
  noisyTimes: 4,
} as const;

type Rule = (context: RuleContext) => Finding<DiagnosisCode> | null;

const diverged: Rule = ({ curve, diverged: stopped }) => {
  const last = curve.train.at(-1) ?? NaN;
  const least = Math.min(...curve.train);
  const ranAway = last > 1 + THRESHOLDS.divergedAboveChance && last > THRESHOLDS.divergedTimesLeast * least;
  if (!stopped && !ranAway) return null;
  return {
    code: 'diverged',
    severity: 'problem',
    message: stopped
      ? 'Training diverged: the loss stopped being finite.'
      : `Training diverged: the loss ended at ${times(last)} of chance, ${times(last / least)} its least.`,
    evidence: {
      last: stopped ? null : last,
      least: Number.isFinite(least) ? least : null,
      aboveChance: THRESHOLDS.divergedAboveChance,
      timesLeast: THRESHOLDS.divergedTimesLeast,
    },
    advice:
      'Lower training.learningRate by a factor of 10, or set training.gradientClip to 1. See that the inputs are scaled (preparation.scale) and the target too (preparation.targetTransform).',
  };
};

const learningRateTooHigh: Rule = ({ curve }) => {
  const start = Math.floor(THRESHOLDS.tooHighStart * curve.train.length);
  const { down, up } = movesOf(curve.train.slice(start));
  const overshoots =
    up >= THRESHOLDS.tooHighUp && up >= THRESHOLDS.tooHighUpShare * down && curve.train.length >= 5;
  if (!overshoots) return null;
  return {
    code: 'learning_rate_too_high',
    severity: 'warning',
    message: `The learning rate is too high: after epoch ${String(start)} the training loss went down by ${times(down)} of chance in all, and up again by ${times(up)}.`,
    evidence: { down, up, leastUp: THRESHOLDS.tooHighUp, leastUpShare: THRESHOLDS.tooHighUpShare },
    advice:
      'Lower training.learningRate (three to ten times), take a larger training.batchSize, or let training.schedule lower it.',
  };
};

const learningRateTooLow: Rule = ({ curve }) => {
  const { train } = curve;
  const start = meanOver(train, 0, 0.1);
  const middle = meanOver(train, 0.45, 0.55);
  const end = meanOver(train, 0.9, 1);
  const [early, late] = [start - middle, middle - end];
  const isLow =
    late >= THRESHOLDS.tooLowLateShare * early &&
    start - end >= THRESHOLDS.tooLowLeastFall &&
    end >= THRESHOLDS.tooLowLeastLeft;
  if (!isLow) return null;
  return {
    code: 'learning_rate_too_low',
    severity: 'warning',
    message: `The learning rate is too low: the training loss is still ${times(end)} of chance and falls almost as fast in the second half of the epochs (${times(late)}) as in the first (${times(early)}).`,
    evidence: {
      early,
      late,
      end,
      leastLateShare: THRESHOLDS.tooLowLateShare,
      leastLeft: THRESHOLDS.tooLowLeastLeft,
    },
    advice:
      'Raise training.learningRate (three to ten times), or search it on a log scale with a higher end.',
  };
};

/** By how much the last quarter of the epochs lowered the validation loss; 0 where training stopped before all were used. */
function lateFallOf({ validation, budget }: RuleContext['curve']): number {
  if (validation.length < budget) return 0;
  const quarter = Math.max(1, Math.floor(validation.length / 4));
  return Math.max(0, Math.min(...validation.slice(0, -quarter)) - Math.min(...validation));
}

const notConverged: Rule = ({ curve }) => {
  const { validation, budget } = curve;
  if (validation.length < budget) return null;
  const fall = lateFallOf(curve);
  const whole = (validation[0] ?? 0) - Math.min(...validation);
  if (fall < THRESHOLDS.notConvergedFall || fall < THRESHOLDS.notConvergedShare * whole) return null;
  return {
    code: 'not_converged',
    severity: 'warning',
    message: `Training ended too early: all ${String(budget)} epochs were used, and the last quarter still lowered the validation loss by ${times(fall)} of chance.`,
    evidence: {
      fall,
      whole,
      budget,
      leastFall: THRESHOLDS.notConvergedFall,
      leastShare: THRESHOLDS.notConvergedShare,
    },
    advice: 'Raise training.epochs, or set final.trainLonger to 3.',
  };
};

const overfit: Rule = ({ curve }) => {
  const { train, validation, best } = curve;
  const kept = validation[best] ?? 0;
  const fitted = curve.bestTrain ?? train[best] ?? 0;
  const gap = kept - fitted;
  const wide = gap >= THRESHOLDS.overfitGap && kept >= THRESHOLDS.overfitTimes * fitted;
  const tail = meanOver(validation, 0.9, 1);
  const rise = tail - kept;
  const falls = meanOver(train, 0.9, 1) < (train[best] ?? 0);
  const noise = THRESHOLDS.overfitRiseJumps * roughnessOf(validation);
  const risen = rise >= Math.max(THRESHOLDS.overfitRise, noise) && falls;
  if (!wide && !risen) return null;
  const seen = [
    ...(wide ? [`validation loss ${times(kept)} of chance, training loss ${times(fitted)}`] : []),
    ...(risen
      ? [`after epoch ${String(best + 1)} the validation loss rose by ${times(rise)} of chance`]
      : []),
  ];
  return {
    code: 'overfit',
    severity: 'warning',
    message: `The network overfits (high variance): ${seen.join('; ')}.`,
    evidence: {
      validation: kept,
      train: fitted,
      gap,
      rise,
      leastGap: THRESHOLDS.overfitGap,
      leastRise: THRESHOLDS.overfitRise,
    },
    advice:
      'More data, training.augmentation, dropout or l2 in model.layers, fewer units, or fewer features (features.exclude). Early stopping keeps the best epoch meanwhile.',
  };
};

const underfit: Rule = ({ curve, reference }) => {
  const kept = curve.validation[curve.best] ?? 0;
  const behind = reference === null ? null : kept - reference.validation;
  const beaten =
    behind !== null &&
    behind >= THRESHOLDS.underfitBehind &&
    behind >= THRESHOLDS.underfitBehindShare * kept &&
    behind > THRESHOLDS.underfitQuarters * lateFallOf(curve);
  const learnedNothing = kept >= THRESHOLDS.underfitNothingLearned;
  if (!beaten && !learnedNothing) return null;
  const message =
    beaten && reference !== null
      ? `The network underfits (high bias): its validation loss is ${times(kept)} of chance, and a larger network without regularisation reaches ${times(reference.validation)}.`
      : `The network has hardly learned anything: its validation loss is ${times(kept)} of what knowing nothing gives.`;
  return {
    code: 'underfit',
    severity: 'warning',
    message,
    evidence: {
      validation: kept,
      reference: reference?.validation ?? null,
      leastBehind: THRESHOLDS.underfitBehind,
      nothingLearned: THRESHOLDS.underfitNothingLearned,
    },
    advice:
      'More capacity (more units or layers in model), better features (preparation.enrich), less regularisation (l2, dropout), or more epochs.',
  };
};

const noisyValidation: Rule = ({ curve }) => {
  const jump = roughnessOf(curve.validation);
  const trainJump = roughnessOf(curve.train);
  if (jump < THRESHOLDS.noisyJump || jump < THRESHOLDS.noisyTimes * trainJump) return null;
  return {
    code: 'noisy_validation',
    severity: 'warning',
    message: `The validation loss is noisy: it jumps by ${times(jump)} of chance from epoch to epoch, the training loss by ${times(trainJump)}.`,
    evidence: { jump, trainJump, leastJump: THRESHOLDS.noisyJump, leastTimes: THRESHOLDS.noisyTimes },
    advice:
      'Differences between trials of this size mean little: give validation more rows (split.validation, or split.method kfold), or lower the learning rate.',
  };
};

/** The most telling first. */
export const RULES: readonly Rule[] = [
  diverged,
  learningRateTooHigh,
  learningRateTooLow,
  noisyValidation,
  overfit,
  underfit,
  notConverged,
];

function times(share: number): string {
  return Math.abs(share) >= 3
    ? `${share.toFixed(1)} times`
    : `${(100 * share).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`;
}
