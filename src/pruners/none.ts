import type { Pruner } from '../core/search';

/** Every trial runs to its end; workers never wait for a verdict. */
export class NonePruner implements Pruner {
  readonly name = 'none';
  readonly promotes = false;

  verdicts(): null {
    return null;
  }

  shouldPrune(): boolean {
    return false;
  }

  promotable(): readonly number[] {
    return [];
  }
}
