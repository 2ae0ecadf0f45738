/**
 * Threshold recovery: bytes of a quorum of partial signatures in, bytes of the signature out, unverified.
 *
 * What it costs depends on who answered: where the Lagrange coefficients are integers (denominator 1) it is a few additions, else
 * there is a division by a small number. Of each kind the cheapest to name: the set that the combiner itself would choose, and
 * the first whose denominator is not 1. Operators with an embedded signer tell the y-coordinates of their partials, so that is what
 * the target is about; of an operator with a remote signer there are the 96 bytes of the signature alone.
 */
import { randomBytes } from 'node:crypto';
import { SecretKey, Signature } from '@chainsafe/blst';
import { equalBytes } from '../../../src/core/bytes.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import { committeeOf } from '../../../src/core/registry/build-registry.ts';
import { lagrangeAtZero } from '../../../src/core/threshold/lagrange.ts';
import {
  chooseOperators,
  type PartialSignature,
  recoverSignature,
  subsetsOf,
} from '../../../src/core/threshold/recover.ts';
import { COEFFICIENT_BYTES, splitKey } from '../../../src/core/threshold/split.ts';
import type { Target } from '../figures.ts';
import { type BenchCase, Broken, type Micro } from '../harness.ts';

const firstFractional = (ids: readonly number[], size: number): readonly number[] => {
  for (const subset of subsetsOf(ids, size)) if (lagrangeAtZero(subset).denominator !== 1n) return subset;
  throw new Broken(`every ${size} of ${ids.length} operators have integer coefficients`);
};

/** Of which partials the y-coordinate is known. */
type Known = 'of all' | 'of one' | 'of none';

const target = (n: number, isWhole: boolean, known: Known): Target | null =>
  n === 4 && isWhole && known === 'of all' ? { of: 'ratio', max: 0.12 } : null;

const microsOf = (n: number): readonly Micro[] => {
  const ids = Array.from({ length: n }, (_, at) => (at + 1) as OperatorId);
  const { quorum } = committeeOf(ids);
  const secret = SecretKey.fromKeygen(randomBytes(32));
  const message = randomBytes(32);
  const expected = secret.sign(message).toBytes();
  const coefficients = Array.from({ length: quorum - 1 }, () => randomBytes(COEFFICIENT_BYTES));
  const partials = splitKey(secret.toBytes(), quorum, ids, coefficients).map(
    (share): PartialSignature => ({
      operator: share.operator,
      signature: SecretKey.fromBytes(share.secret).sign(message).toBytes(),
    }),
  );
  const micro = (subset: readonly number[], known: Known): Micro => {
    const some = partials
      .filter(({ operator }) => subset.includes(operator))
      .map((partial, at) => {
        if (known === 'of none' || (known === 'of one' && at > 0)) return partial;
        return { ...partial, y: Signature.fromBytes(partial.signature).toBytes(false).subarray(96) };
      });
    const { denominator } = lagrangeAtZero(subset);
    return {
      name: 'recovery',
      figure: `${quorum} of ${n}`,
      parameters: { n, 'D =': Number(denominator), y: known },
      floor: 'blst.verify',
      target: target(n, denominator === 1n, known),
      work() {
        if (!equalBytes(recoverSignature(some), expected)) throw new Broken('recovered another signature');
      },
    };
  };
  const sets = [chooseOperators(ids, quorum), firstFractional(ids, quorum)];
  return sets.flatMap((subset) => [
    micro(subset, 'of all'),
    micro(subset, 'of one'),
    micro(subset, 'of none'),
  ]);
};

export const recoveryCase: BenchCase = {
  type: 'micro',
  name: 'recovery',
  about: 'a signature from a quorum of partial signatures, n = 4, 7, 10, 13, by kind of subset',
  micros: () => [4, 7, 10, 13].flatMap(microsOf),
};
