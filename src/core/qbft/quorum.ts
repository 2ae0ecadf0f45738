/**
 * Counting operators, and whose turn it is to lead (SSV spec, qbft; leader formula of its Boole fork).
 */
import type { OperatorId } from '../ids.ts';

/** How many different operators are behind these messages; a repeated one counts once. */
export const countSigners = (messages: readonly { readonly signer: OperatorId }[]): number => {
  let count = 0;
  for (let at = 0; at < messages.length; at++) {
    const signer = messages[at]?.signer;
    if (messages.findIndex((message) => message.signer === signer) === at) count++;
  }
  return count;
};

/**
 * The leader of a round. `committee` is ascending by id, `height` is the slot, rounds count from 1.
 *
 * Without the third term the same slot of every epoch would always have the same leader, as 32 is a multiple of 4.
 */
export const leaderOf = (committee: readonly OperatorId[], height: number, round: number): OperatorId => {
  const turn = height + (round - 1) + Math.floor(height / 32);
  const leader = committee[turn % committee.length];
  if (leader === undefined) throw new RangeError('a committee has at least one operator');
  return leader;
};
