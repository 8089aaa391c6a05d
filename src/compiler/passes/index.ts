import { verify, type Graph } from '../ir';
import { biases } from './biases';
import { columnSums } from './column-sums';
import { deadCode } from './dead-code';
import { layouts } from './layouts';
import { logSoftmax } from './log-softmax';
import { reluConditions } from './relu-conditions';

/** In the order in which they run. */
export const PASSES = {
  deadCode,
  layouts,
  logSoftmax,
  reluConditions,
  biases,
  columnSums,
} as const;
export type PassName = keyof typeof PASSES;

/** A pass may open the way for another: they run until nothing changes, or this often. */
const MOST_ROUNDS = 6;

/** The graph after all passes but `off`, verified after each. */
export function optimise(graph: Graph, off: readonly PassName[] = []): Graph {
  const names = (Object.keys(PASSES) as PassName[]).filter((name) => !off.includes(name));
  let current = graph;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = current;
    for (const name of names) current = verify(PASSES[name](current), name);
    if (names.includes('deadCode')) current = verify(deadCode(current), 'deadCode');
    if (sameKinds(before, current)) return current;
  }
  return current;
}

function sameKinds(a: Graph, b: Graph): boolean {
  const kinds = ({ operations }: Graph): string => operations.map(({ kind }) => kind).join();
  return kinds(a) === kinds(b);
}
