/**
 * The contract of share signers on a real Dirk, each test with one of its own that has signed nothing yet.
 */
import { test } from 'node:test';
import { signerContract } from '../contract.ts';
import { noDirk, startWorld } from './world.ts';

if (noDirk !== false) {
  test('dirk: the contract of share signers', { skip: noDirk }, () => undefined);
} else {
  signerContract('dirk', async () => {
    const world = await startWorld();
    const signer = world.signer();
    return {
      ...signer,
      async [Symbol.asyncDispose]() {
        await signer[Symbol.asyncDispose]();
        await world[Symbol.asyncDispose]();
      },
    };
  });
}
