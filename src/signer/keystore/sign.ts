/**
 * ShareSigner over key threads, whichever keys they hold at the moment.
 */
import { type ShareSigner, SignerFailed } from '../../workflow/ports.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Routes } from './threads/load-keystores.ts';

export const createKeySigner = (
  routes: () => Routes,
  stop: () => Promise<void>,
): ShareSigner & AsyncDisposable => {
  let stopped: Promise<void> | null = null;
  return {
    async sign({ share, signable, roots }, signal) {
      const action = `sign ${signable.type} with keystore ${share}`;
      const thread = routes().get(share);
      if (stopped !== null) throw new SignerFailed('unavailable', `${action}: the keystores are closed`);
      if (thread === undefined)
        throw new SignerFailed('unknown-key', `${action}: no keystore holds this share`);
      return await signatureOf(thread.sign(share, roots.signingRoot, signal), signal, action);
    },
    async keys() {
      if (stopped !== null) throw new SignerFailed('unavailable', 'list keystores: they are closed');
      return [...routes().keys()];
    },
    async [Symbol.asyncDispose]() {
      stopped ??= stop();
      await stopped;
    },
  };
};

const signatureOf = async (
  promise: Promise<Uint8Array | null>,
  signal: AbortSignal,
  action: string,
): Promise<Uint8Array> => {
  try {
    const signature = await unlessAborted(promise, signal);
    if (signature !== null) return signature;
  } catch (cause) {
    if (signal.aborted) throw new SignerFailed('timeout', `${action}: given up by the caller`, { cause });
    throw new SignerFailed('unavailable', `${action}: the key thread failed`, { cause });
  }
  throw new SignerFailed('unavailable', `${action}: the key was lost or removed meanwhile`);
};
