/**
 * The embedded signer with all keys of the contract, its folder gone with it.
 */
import assert from 'node:assert/strict';
import { type KeystoreOptions, openKeystores } from '../../../src/signer/keystore/keystores.ts';
import type { ShareSigner } from '../../../src/workflow/ports.ts';
import { secrets } from '../contract.ts';
import { temporaryFolder, writeKeystore } from './temporary-keystores.ts';

export const openAll = async (
  options: Partial<KeystoreOptions> = {},
): Promise<ShareSigner & AsyncDisposable> => {
  const folder = await temporaryFolder();
  for (const [at, secret] of secrets.entries()) await writeKeystore(folder.path, `share-${at}`, secret);
  const result = await openKeystores({
    folder: folder.path,
    passwords: { type: 'beside' },
    workers: 2,
    ...options,
  });
  assert(result.type === 'opened', JSON.stringify(result));
  assert.deepEqual(result.problems(), []);
  const { signer } = result;
  return {
    ...signer,
    async [Symbol.asyncDispose]() {
      await signer[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};
