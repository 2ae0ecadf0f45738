/**
 * Cheap stand-ins for BLS and RSA in simulations: a signature is a hash that anyone can check and, by convention, only its
 * owner makes. Shares and composites are tied together so that exactly a quorum of good partials gives the one signature.
 */
import { hash } from 'node:crypto';
import { fromHex } from '../../src/core/bytes.ts';
import type { OperatorId, Root, ShareKey, ValidatorKey } from '../../src/core/ids.ts';
import type { CombineResult, Combiner, OperatorKeys, ShareSigner } from '../../src/workflow/ports.ts';
import { SignerFailed } from '../../src/workflow/ports.ts';

/** A hash, repeated to the length of a real signature. */
const stretch = (length: number, name: string, data: Uint8Array): Uint8Array => {
  const once = hash('sha256', Buffer.concat([Buffer.from(name), data]), 'buffer');
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += once.length) bytes.set(once.subarray(0, length - at), at);
  return bytes;
};

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const partialSignature = (share: ShareKey, root: Root): Uint8Array =>
  stretch(96, `partial ${share}`, fromHex(root));
export const wholeSignature = (validator: ValidatorKey, root: Root): Uint8Array =>
  stretch(96, `whole ${validator}`, fromHex(root));
export const operatorSignature = (operator: OperatorId, data: Uint8Array): Uint8Array =>
  stretch(256, `operator ${operator} `, data);

export const createFakeKeys = (self: OperatorId): OperatorKeys => ({
  self,
  sign: async (data) => operatorSignature(self, data),
  verify: (operator, data, signature) => sameBytes(operatorSignature(operator, data), signature),
});

export interface FakeSigner extends ShareSigner {
  /** While set, every request fails like this. */
  failure: SignerFailed | null;
  /** Roots it signed, in order. */
  readonly signed: { readonly share: ShareKey; readonly root: Root }[];
}

export const createFakeSigner = (
  shares: readonly ShareKey[],
  delay: () => Promise<void> = async () => {},
): FakeSigner => {
  const held = new Set(shares);
  const signer: FakeSigner = {
    failure: null,
    signed: [],
    keys: async () => [...held],
    sign: async ({ share, roots }, signal) => {
      if (!held.has(share)) throw new SignerFailed('unknown-key', `no share ${share}`);
      await delay();
      if (signal.aborted) throw new SignerFailed('timeout', 'aborted');
      if (signer.failure !== null) throw signer.failure;
      signer.signed.push({ share, root: roots.signingRoot });
      return partialSignature(share, roots.signingRoot);
    },
  };
  return signer;
};

export const fakeCombiner: Combiner = {
  combine: async (jobs) =>
    jobs.map((job): CombineResult => {
      const good = job.partials.filter((one) =>
        sameBytes(one.signature, partialSignature(one.share, job.signingRoot)),
      );
      const bad = job.partials.filter((one) => !good.includes(one)).map((one) => one.operator);
      // As the real one: bad partials are looked for only if the combination fails, which here is if there are any.
      return good.length >= job.quorum
        ? { type: 'combined', signature: wholeSignature(job.validator, job.signingRoot), bad }
        : { type: 'short', bad };
    }),
  verifyPartials: async (partials) =>
    partials.map((one) => sameBytes(one.signature, partialSignature(one.share, one.signingRoot))),
};

/** As the real one, it verifies a signature under whatever public key is given: a share's or a validator's. */
export const provingCombiner: Combiner = {
  ...fakeCombiner,
  verifyPartials: async (checks) =>
    checks.map(({ share, signingRoot, signature }) =>
      [
        partialSignature(share, signingRoot),
        wholeSignature(share as string as ValidatorKey, signingRoot),
      ].some((good) => sameBytes(good, signature)),
    ),
};
