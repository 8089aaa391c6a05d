import type { TrainingConfig } from '../core/specification';

/** What a checkpoint keeps of a learning rate. */
export interface LearningRateState {
  readonly factor: number;
  readonly waited: number;
}

/**
 * The learning rate of every step, as the schedule of a study has it. Step, exponential and plateau change it between
 * epochs; cosine and warm restarts (SGDR, Loshchilov & Hutter 2017) change it with every step.
 */
export class LearningRate {
  readonly #config: TrainingConfig;
  /** What plateaus have left of it. */
  #factor = 1;
  /** Epochs since the objective was last better than ever before, or since the last cut. */
  #waited = 0;

  constructor(config: TrainingConfig) {
    this.#config = config;
  }

  /**
   * @param epoch counted from 1
   * @param step within the epoch, counted from 0, of `steps`
   */
  at(epoch: number, step: number, steps: number): number {
    const { schedule, learningRate, epochs } = this.#config;
    const time = epoch - 1 + step / steps;
    switch (schedule.name) {
      case 'constant':
        return learningRate;
      case 'step':
        return learningRate * schedule.factor ** Math.floor((epoch - 1) / schedule.every);
      case 'exponential':
        return learningRate * schedule.decay ** (epoch - 1);
      case 'cosine': {
        const { warmupEpochs, floor } = schedule;
        // The first step of a warm-up trains too.
        if (time < warmupEpochs) return learningRate * Math.min(1, (time + 1 / steps) / warmupEpochs);
        const share = Math.min(1, (time - warmupEpochs) / Math.max(1 / steps, epochs - warmupEpochs));
        return learningRate * (floor + (1 - floor) * halfCosine(share));
      }
      case 'warmRestarts':
        return learningRate * halfCosine(shareOfPeriod(time, schedule.period, schedule.multiply));
      case 'reduceOnPlateau':
        return learningRate * this.#factor;
    }
  }

  /** @param improved whether the epoch that has ended reached the objective's best value so far */
  observe(improved: boolean): void {
    const { schedule } = this.#config;
    this.#waited = improved ? 0 : this.#waited + 1;
    if (schedule.name !== 'reduceOnPlateau' || this.#waited < schedule.patience) return;
    this.#factor *= schedule.factor;
    this.#waited = 0;
  }

  state(): LearningRateState {
    return { factor: this.#factor, waited: this.#waited };
  }

  restore({ factor, waited }: LearningRateState): void {
    this.#factor = factor;
    this.#waited = waited;
  }
}

/** From 1 down to 0 while `share` goes from 0 to 1. */
function halfCosine(share: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * share));
}

/** How much of its period a time has gone through; each period is `multiply` times as long as the one before. */
function shareOfPeriod(time: number, first: number, multiply: number): number {
  let [begin, length] = [0, first];
  while (time >= begin + length) {
    begin += length;
    length *= multiply;
  }
  return (time - begin) / length;
}
