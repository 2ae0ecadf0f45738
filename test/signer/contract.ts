/**
 * What every ShareSigner does, whatever holds its keys. Each implementation runs all of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretKey } from '@chainsafe/blst';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import fc from 'fast-check';
import { fromHex, toHex } from '../../src/core/bytes.ts';
import type { Network } from '../../src/core/eth2/network.ts';
import type { Signable, SignableType } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import type { Epoch, Root, ShareKey, ValidatorKey } from '../../src/core/ids.ts';
import { type ShareSigner, type ShareTask, SignerFailed } from '../../src/workflow/ports.ts';
import { everyFork } from '../core/eth2/networks.ts';
import { signableArbitraries } from '../core/eth2/signables.ts';

export const network: Network = everyFork('minimal', 'fulu');
const arbitraries = signableArbitraries(network);
const validator = toHex(
  SecretKey.fromKeygen(new Uint8Array(32).fill(200)).toPublicKey().toBytes(),
) as ValidatorKey;

/** The keys that the signer under test is given. */
export const secrets: readonly SecretKey[] = [1, 2, 3, 4, 5].map((seed) =>
  SecretKey.fromKeygen(new Uint8Array(32).fill(seed)),
);
export const keyOf = (secret: SecretKey): ShareKey => toHex(secret.toPublicKey().toBytes()) as ShareKey;
export const keys: readonly ShareKey[] = secrets.map(keyOf);
/** A key that it is not given. */
export const strangeKey = keyOf(SecretKey.fromKeygen(new Uint8Array(32).fill(99)));

export const types = Object.keys(arbitraries) as readonly SignableType[];

/** An attestation whose source is before its target, as every chain has it: some signers sign no other. */
const asOnChain = (signable: Signable): Signable => {
  if (signable.type !== 'attestation') return signable;
  const { source, target } = signable.vote;
  const epoch = Math.max(1, target.epoch) as Epoch;
  const earlier = Math.min(source.epoch, epoch - 1) as Epoch;
  const vote = { ...signable.vote, source: { ...source, epoch: earlier }, target: { ...target, epoch } };
  return { ...signable, vote };
};

export const taskOf = (share: ShareKey, type: SignableType = 'attestation', seed = 1): ShareTask => {
  const [drawn] = fc.sample(arbitraries[type], { numRuns: 1, seed }) as [Signable];
  const signable = asOnChain(drawn);
  return { share, validator, signable, roots: rootsOf(network, signable) };
};

const { longSignatures } = bls12_381;
const DST = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';

/** By an independent library. */
export const verifies = (signature: Uint8Array, root: Root, share: ShareKey): boolean =>
  signature.length === 96 &&
  longSignatures.verify(signature, longSignatures.hash(fromHex(root), DST), fromHex(share));

export const failsAs =
  (reason: SignerFailed['reason'], message = /./) =>
  (error: unknown): boolean => {
    assert(error instanceof SignerFailed, String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, message);
    return true;
  };

export const never = new AbortController().signal;

/** `open` gives a signer that holds exactly `keys`; it is disposed of after each test. */
export const signerContract = (name: string, open: () => Promise<ShareSigner & AsyncDisposable>): void => {
  for (const type of types) {
    test(`${name}: signs ${type} under the share key`, async () => {
      await using signer = await open();
      const [share] = keys as [ShareKey];
      const task = taskOf(share, type);
      assert.ok(verifies(await signer.sign(task, never), task.roots.signingRoot, share));
    });
  }

  test(`${name}: many requests at once get each their own signature`, async () => {
    await using signer = await open();
    const tasks = Array.from({ length: 60 }, (_, at) =>
      taskOf(keys[at % keys.length] as ShareKey, 'randao', at),
    );
    const signatures = await Promise.all(tasks.map((task) => signer.sign(task, never)));
    const expected = tasks.map(({ roots }, at) =>
      toHex((secrets[at % secrets.length] as SecretKey).sign(fromHex(roots.signingRoot)).toBytes()),
    );
    assert.deepEqual(signatures.map(toHex), expected);
  });

  test(`${name}: the same root again gets the same signature`, async () => {
    await using signer = await open();
    const task = taskOf(keys[1] as ShareKey, 'block');
    assert.deepEqual(await signer.sign(task, never), await signer.sign(task, never));
  });

  test(`${name}: refuses a share that it does not hold, by name`, async () => {
    await using signer = await open();
    await assert.rejects(
      signer.sign(taskOf(strangeKey), never),
      failsAs('unknown-key', new RegExp(strangeKey)),
    );
    await signer.sign(taskOf(keys[0] as ShareKey), never);
  });

  test(`${name}: lists exactly the shares that it holds`, async () => {
    await using signer = await open();
    assert.deepEqual([...(await signer.keys(never))].sort(), [...keys].sort());
  });

  test(`${name}: gives up when it is told to, before and during, and goes on for others`, async () => {
    await using signer = await open();
    const task = taskOf(keys[0] as ShareKey);
    await assert.rejects(signer.sign(task, AbortSignal.abort()), failsAs('timeout'));
    const abort = new AbortController();
    const aborted = assert.rejects(signer.sign(task, abort.signal), failsAs('timeout'));
    const other = signer.sign(task, never);
    abort.abort();
    await aborted;
    assert.ok(verifies(await other, task.roots.signingRoot, task.share));
  });

  test(`${name}: a closed signer signs nothing`, async () => {
    const signer = await open();
    await signer[Symbol.asyncDispose]();
    await assert.rejects(signer.sign(taskOf(keys[0] as ShareKey), never), failsAs('unavailable'));
    await assert.rejects(signer.keys(never), failsAs('unavailable'));
    await signer[Symbol.asyncDispose]();
  });
};
