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

/** What `assemble` makes; where it throws, all that it has put on the stack is closed again. */
export const orNothing = async <T>(assemble: (stack: AsyncDisposableStack) => Promise<T>): Promise<T> => {
  const stack = new AsyncDisposableStack();
  try {
    return await assemble(stack);
  } catch (cause) {
    await stack.disposeAsync();
    throw cause;
  }
};

/**
 * For `catch` of a start of libp2p at these addresses, which it tells with a stack for each.
 */
export const cannotListen =
  (addresses: readonly string[]) =>
  (cause: unknown): never => {
    const text = cause instanceof Error ? cause.message : String(cause);
    const why = /EADDRINUSE/.test(text)
      ? 'the port is taken by another process'
      : (/Error: (.*)/.exec(text)?.[1] ?? text.split('\n')[0]);
    throw new StartFailed(
      `cannot listen at ${addresses.join(', ')}: ${why}; choose another address with --p2p-listen`,
      {
        cause,
      },
    );
  };
