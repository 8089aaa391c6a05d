import { InternalError } from '../core/errors';
import type { JsonPrimitive, JsonValue } from '../core/json';
import type { Params } from '../core/trial';
import type { ChoiceNode, Node } from './node';

/** The document of a point. Params must have been checked. */
export function fillNode(root: Node, choices: ReadonlyMap<string, ChoiceNode>, params: Params): JsonValue {
  const valueOf = (name: string): JsonPrimitive => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) throw new InternalError('unchecked_params', `hole ${name} has no value`);
    return value;
  };
  const chosen = (choice: ChoiceNode): JsonValue => {
    const value = valueOf(choice.name);
    const option = choice.options.find((candidate) => candidate.value === value);
    if (option === undefined)
      throw new InternalError('unchecked_params', `hole ${choice.name} has no such option`);
    return filled(option.node);
  };
  const filled = (node: Node): JsonValue => {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'object': {
        // Data properties, so that a key such as __proto__ stays a key.
        const entries = node.entries.map(([key, child]) => [key, filled(child)] as const);
        return Object.fromEntries(entries);
      }
      case 'list':
        return node.items.flatMap((item) => (item.kind === 'repeat' ? copiesOf(item) : [filled(item)]));
      case 'repeat':
        return copiesOf(node);
      case 'choice':
        return chosen(node);
      case 'numeric':
        return valueOf(node.name);
      case 'ref': {
        const choice = choices.get(node.name);
        return choice === undefined ? valueOf(node.name) : chosen(choice);
      }
    }
  };
  const copiesOf = (node: Extract<Node, { kind: 'repeat' }>): JsonValue[] => {
    const count = Number(valueOf(node.name));
    return node.copies.slice(0, count).map((copy) => filled(copy.node));
  };
  return filled(root);
}
