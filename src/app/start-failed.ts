/**
 * Why a node or a signer did not start: one sentence or several, written for the person at the terminal.
 */
import type { Outcome } from '../core/registry/cluster.ts';

export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

/** The value, or all problems as one StartFailed. */
export const orStartFailed = <T>(outcome: Outcome<T>): T => {
  if (outcome.type === 'ok') return outcome.value;
  throw new StartFailed(outcome.problems.join('\n  '));
};
