/** What the checks are held against. Losses are shares of chance: 1 is what knowing nothing gives. */
export const CHECK_THRESHOLDS = {
  /** The mean first loss lies this far from chance. */
  initialOff: 0.25,
  /** What is left of a small batch's loss after training on it. */
  smallBatchLeft: 0.2,
  /** The training loss of a larger network lies this far above that of a smaller one. */
  capacityRise: 0.05,
  /** Root mean square of an input column, and the largest value. */
  inputRms: 10,
  inputValue: 1000,
  /** Share of input columns that have one value. */
  inputConstant: 0.5,
  /** Spread of the predictions over the rows, in probability or in deviations of the prepared target. */
  predictionSpread: 0.01,
  /** … where the best baseline's validation loss shows that there is something to learn. */
  learnable: 0.9,
  /** Validation loss above which a network has learned nothing. */
  nothingLearned: 0.98,
  /** Share of the units of a ReLU layer that give nothing for any row. */
  deadShare: 0.5,
  /** Root mean square gradient of the first kernel over the largest of the hidden ones. */
  vanishing: 1e-3,
  /** Norm of all gradients, per unit of chance. */
  exploding: 100,
  /** Share of the largest class above which accuracy says little. */
  accuracyShare: 0.8,
} as const;
