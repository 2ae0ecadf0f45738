/**
 * Operators that greet one another: operator 1 is up, others dial it.
 */
import assert from 'node:assert/strict';
import type { P2pConfig } from '../../src/p2p/node.ts';
import { makeRegistry, type Node, startNode } from './cluster.ts';

export const four = [1, 2, 3, 4];
export const firstOf = (values: readonly string[]): string => {
  const [value] = values;
  assert.ok(value !== undefined);
  return value;
};
export const bare = (address: string): string => address.replace(/\/p2p\/.*$/, '');
export const startFirst = (more: Partial<P2pConfig> = {}): Promise<Node> =>
  startNode(1, makeRegistry({ committees: [four] }), more);
export const told = (node: Node): readonly string[] => node.told('message-refused').map(({ why }) => why);

export const dialing =
  (shape: { committees?: number[][]; keys?: Record<number, string> } = {}) =>
  (address: string) =>
    makeRegistry({
      committees: shape.committees ?? [four],
      keys: shape.keys ?? {},
      addresses: { 1: [address] },
    });
