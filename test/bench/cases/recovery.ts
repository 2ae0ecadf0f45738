/**
 * Threshold recovery: bytes of a quorum of partial signatures in, bytes of the signature out, unverified.
 *
 * What it costs depends on who answered: where the Lagrange coefficients are integers (denominator 1) it is a few additions, else
 * there is a division by a small number. Of each kind the cheapest to name: the set that the combiner itself would choose, and
 * the first whose denominator is not 1. Partials are 96 bytes as the wire has them, and 192 as two of our own may.
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

const target = (n: number, isWhole: boolean, bytes: number): Target | null =>
  n === 4 && isWhole && bytes === 96 ? { of: 'ratio', max: 0.12 } : null;

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
  const micro = (subset: readonly number[], bytes: 96 | 192): Micro => {
    const some = partials
      .filter(({ operator }) => subset.includes(operator))
      .map(({ operator, signature }) => ({
        operator,
        signature: bytes === 96 ? signature : Signature.fromBytes(signature).toBytes(false),
      }));
    const { denominator } = lagrangeAtZero(subset);
    return {
      name: 'recovery',
      figure: `${quorum} of ${n}`,
      parameters: { n, 'D =': Number(denominator), bytes },
      floor: 'blst.verify',
      target: target(n, denominator === 1n, bytes),
      work() {
        if (!equalBytes(recoverSignature(some), expected)) throw new Broken('recovered another signature');
      },
    };
  };
  const sets = [chooseOperators(ids, quorum), firstFractional(ids, quorum)];
  return sets.flatMap((subset) => [micro(subset, 96), micro(subset, 192)]);
};

export const recoveryCase: BenchCase = {
  type: 'micro',
  name: 'recovery',
  about: 'a signature from a quorum of partial signatures, n = 4, 7, 10, 13, by kind of subset',
  micros: () => [4, 7, 10, 13].flatMap(microsOf),
};
