/**
 * partialsigcontainer.PartialSigContainerTest: partial signatures of one validator and root, put together.
 */
import { equal } from 'node:assert/strict';
import { toHex } from '../../src/core/bytes.ts';
import type { Root, ShareKey, ValidatorKey } from '../../src/core/ids.ts';
import { combineAndVerify } from '../../src/core/threshold/combine.ts';
import { fromBase64, toPlainHex } from './go-json.ts';
import { partialFromJson } from './types.ts';
import type { Json } from './vectors.ts';

/** The spec's "signature cannot be reconstructed", which is an outcome without number in our code. */
const cannotReconstruct = 32;

export const runPartialContainer = (json: Json): void => {
  const messages = json.SignatureMsgs.map(partialFromJson) as ReturnType<typeof partialFromJson>[];
  const [first] = messages;
  if (first === undefined) throw new Error('a vector without partial signatures');
  // The first partial of each signer for the first root counts, as in the spec's container.
  const ofRoot = messages.filter(({ signingRoot }) => toHex(signingRoot) === toHex(first.signingRoot));
  const partials = ofRoot.filter(
    ({ signer }, at) => ofRoot.findIndex((other) => other.signer === signer) === at,
  );
  equal(partials.length >= json.Quorum, json.ExpectedQuorum, 'quorum');

  // Share keys serve only to name bad partials after a failure, which the spec leaves to its runners.
  const key = toHex(fromBase64(json.ValidatorPubKey));
  const [result] = combineAndVerify([
    {
      validator: key as ValidatorKey,
      signingRoot: toHex(first.signingRoot) as Root,
      quorum: json.Quorum,
      partials: partials.map(({ signer, signature }) => ({
        operator: signer,
        share: key as ShareKey,
        signature,
      })),
    },
  ]);
  if (result?.type === 'combined') {
    equal(json.ExpectedErrorCode, 0, 'error code');
    equal(toPlainHex(result.signature), toPlainHex(fromBase64(json.ExpectedResult)), 'signature');
  } else {
    equal(cannotReconstruct, json.ExpectedErrorCode, 'error code');
  }
};
