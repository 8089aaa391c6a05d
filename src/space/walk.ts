import type { JsonPrimitive } from '../core/json';
import type { ChoiceNode, Node, NumericNode, RepeatNode } from './node';

export type HoleNode = ChoiceNode | NumericNode | RepeatNode;

/**
 * Visits the holes that are active, in document order. `visit` is asked for the value of each; what a choice or a
 * repeat opens up depends on the answer, null closes it. A hole with several places is visited at each.
 */
export function walkActive(node: Node, visit: (hole: HoleNode) => JsonPrimitive | undefined): void {
  switch (node.kind) {
    case 'literal':
    case 'ref':
      return;
    case 'object':
      for (const [, child] of node.entries) walkActive(child, visit);
      return;
    case 'list':
      for (const child of node.items) walkActive(child, visit);
      return;
    case 'numeric':
      visit(node);
      return;
    case 'choice': {
      const value = visit(node);
      const option = node.options.find((candidate) => candidate.value === value);
      if (option !== undefined) walkActive(option.node, visit);
      return;
    }
    case 'repeat': {
      const count = visit(node);
      if (typeof count !== 'number') return;
      for (const copy of node.copies.slice(0, count)) walkActive(copy.node, visit);
    }
  }
}
