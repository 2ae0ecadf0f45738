/**
 * A registry that can be replaced while everything that holds it goes on: reading a field reads the newest.
 *
 * Running duties keep the committee object that they began with.
 */
import type { Registry } from '../core/registry/committee.ts';

export interface LiveRegistry extends Registry {
  replace(next: Registry): void;
}

export const createLiveRegistry = (first: Registry): LiveRegistry => {
  let current = first;
  return {
    get operators() {
      return current.operators;
    },
    get committees() {
      return current.committees;
    },
    get validators() {
      return current.validators;
    },
    get byNumber() {
      return current.byNumber;
    },
    replace: (next) => {
      current = next;
    },
  };
};
