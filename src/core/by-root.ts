/**
 * What is kept of validators, one thing for each signing root: found by key and root, without making a name of both.
 *
 * A burst looks here twenty times for each signature, and a validator has one root, or a few.
 */
import type { Root, ValidatorKey } from './ids.ts';

export interface ByRoot<Item> {
  find(validator: ValidatorKey, root: Root): Item | undefined;
  of(validator: ValidatorKey): readonly Item[];
  all(): readonly Item[];
  /** The caller has looked: there is none of this root yet. */
  add(validator: ValidatorKey, item: Item): void;
  remove(validator: ValidatorKey, item: Item): void;
}

export const createByRoot = <Item extends { readonly root: Root }>(): ByRoot<Item> => {
  const lists = new Map<ValidatorKey, Item[]>();
  return {
    find: (validator, root) => lists.get(validator)?.find((item) => item.root === root),
    of: (validator) => lists.get(validator) ?? [],
    all: () => [...lists.values()].flat(),
    add: (validator, item) => {
      const others = lists.get(validator);
      if (others === undefined) lists.set(validator, [item]);
      else others.push(item);
    },
    remove: (validator, item) => {
      lists.set(validator, lists.get(validator)?.filter((other) => other !== item) ?? []);
    },
  };
};
