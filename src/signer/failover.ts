/**
 * One signature from several signers that hold the same share: the first in order, the next where that one fails or is slow.
 *
 * A signer that fails on the way hands over at once; one that is slow is given a slice of time before the next is asked beside
 * it, and whichever answers first counts. All are asked for the same root, so two that sign it sign nothing slashable. A
 * refusal ends it: where a signer's own slashing protection says no, no other is asked to say yes.
 */
import { type ShareSigner, type ShareTask, SignerFailed } from '../workflow/ports.ts';

export interface Failover {
  /** How long one signer is waited for before the next is asked too. */
  readonly sliceMs: number;
  /** Resolves after so many ms, or never once aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told of each signer that failed or was slow, and of the one that signed. */
  readonly onFailed: (signer: ShareSigner, failure: SignerFailed | 'slow') => void;
  readonly onSigned: (signer: ShareSigner) => void;
}

type Settled =
  | { readonly type: 'signed'; readonly signer: ShareSigner; readonly signature: Uint8Array }
  | { readonly type: 'failed'; readonly signer: ShareSigner; readonly error: unknown };

const settle = async (signer: ShareSigner, task: ShareTask, signal: AbortSignal): Promise<Settled> => {
  try {
    return { type: 'signed', signer, signature: await signer.sign(task, signal) };
  } catch (error) {
    return { type: 'failed', signer, error };
  }
};

const mayMoveOn = (error: unknown): error is SignerFailed =>
  error instanceof SignerFailed && error.reason !== 'refused';

/** What all of them said, under the reason of the first. */
const summary = (failures: readonly SignerFailed[]): SignerFailed => {
  const [first, ...others] = failures;
  if (first === undefined) throw new TypeError('nobody was asked');
  if (others.length === 0) return first;
  const message = failures.map((failure) => failure.message).join('; then ');
  return new SignerFailed(first.reason, message, { cause: first });
};

/** `signers` in order of preference, at least one. Throws SignerFailed. */
export const signByFirst = async (
  signers: readonly ShareSigner[],
  task: ShareTask,
  signal: AbortSignal,
  { sliceMs, wait, onFailed, onSigned }: Failover,
): Promise<Uint8Array> => {
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const failures: SignerFailed[] = [];
  const rest = [...signers];
  const running = new Map<ShareSigner, Promise<Settled>>();
  const startNext = (): ShareSigner | undefined => {
    const signer = rest.shift();
    if (signer !== undefined) running.set(signer, settle(signer, task, both));
    return signer;
  };
  let latest = startNext();
  try {
    while (running.size > 0) {
      const turn = new AbortController();
      const slice = rest.length > 0 ? [wait(sliceMs, turn.signal).then(() => 'slow' as const)] : [];
      const event = await Promise.race([...running.values(), ...slice]);
      turn.abort();
      if (event === 'slow') {
        if (latest !== undefined) onFailed(latest, 'slow');
        latest = startNext();
      } else if (event.type === 'signed') {
        onSigned(event.signer);
        return event.signature;
      } else {
        running.delete(event.signer);
        if (signal.aborted || !mayMoveOn(event.error)) throw event.error;
        failures.push(event.error);
        onFailed(event.signer, event.error);
        latest = startNext() ?? latest;
      }
    }
    throw summary(failures);
  } finally {
    over.abort();
  }
};
