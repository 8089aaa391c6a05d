import { streamOf } from '../src/core/random';
import { dataSizeCurve, type SizePoint } from '../src/insight';

const DRAWS = 100;
const ROWS = 1000;
const SHARES = [0.1, 0.2, 0.35, 0.6, 1];
const REPEATS = 3;

interface Law {
  readonly name: string;
  readonly floor: number;
  readonly scale: number;
  readonly exponent: number;
  /** Deviation of a fit's loss. @param loss of the law @param share of the rows */
  readonly noise: (loss: number, share: number) => number;
}

const LAWS: readonly Law[] = [
  { name: 'floor, noise 0.01', floor: 0.1, scale: 6, exponent: 0.5, noise: () => 0.01 },
  { name: 'floor, noise 0.03', floor: 0.1, scale: 6, exponent: 0.5, noise: () => 0.03 },
  {
    name: 'noise a tenth of what can go away',
    floor: 0.1,
    scale: 6,
    exponent: 0.5,
    noise: (loss) => 0.1 * (loss - 0.1),
  },
  {
    name: 'noisy on few rows',
    floor: 0.2,
    scale: 3,
    exponent: 0.4,
    noise: (_, share) => 0.02 / Math.sqrt(share),
  },
  { name: 'steep', floor: 0.1, scale: 40, exponent: 1, noise: () => 0.01 },
  { name: 'flat power, no floor', floor: 0, scale: 1, exponent: 0.2, noise: () => 0.01 },
  { name: 'nothing to gain', floor: 0.3, scale: 0, exponent: 0.5, noise: () => 0.01 },
];

/** How often the data-size curve's 80 % interval of the gain from twice the rows holds the true gain. */
export function dataSize(): Promise<void> {
  console.log('| law | true gain | held | mean width |\n|---|---|---|---|');
  for (const law of LAWS) {
    const lossOf = (rows: number): number => law.floor + law.scale * rows ** -law.exponent;
    const truth = 1 - lossOf(2 * ROWS) / lossOf(ROWS);
    let [held, width] = [0, 0];
    for (let seed = 0; seed < DRAWS; seed++) {
      const stream = streamOf('data-size bench', law.name, seed);
      const points = SHARES.flatMap((share) =>
        Array.from({ length: REPEATS }, (): SizePoint => {
          const rows = Math.round(share * ROWS);
          const validation = lossOf(rows) + law.noise(lossOf(rows), share) * stream.normal();
          return { share, rows, train: 0, validation };
        }),
      );
      const { gainLow = 0, gainHigh = 0 } = dataSizeCurve(points, seed)?.doubled ?? {};
      if (gainLow <= truth && truth <= gainHigh) held += 1;
      width += (gainHigh - gainLow) / DRAWS;
    }
    const share = `${((100 * held) / DRAWS).toFixed(0)} %`;
    console.log(`| ${law.name} | ${(100 * truth).toFixed(1)} % | ${share} | ${(100 * width).toFixed(1)} % |`);
  }
  return Promise.resolve();
}
