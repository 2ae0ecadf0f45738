/**
 * Threshold recovery: bytes of a quorum of partial signatures in, bytes of the signature out, unverified.
 *
 * What it costs depends on who answered: where the Lagrange coefficients are integers (denominator 1) it is a few additions, else
 * there is a division by a small number. Of each kind the cheapest to name: the set that the combiner itself would choose, and
 * the first whose denominator is not 1. Partials are 96 bytes as the wire has them; a node with an embedded signer has the point of
 * its own one (192 bytes), and that is what the target is about.
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

/** How many bytes the partials have. */
type Sizes = 'all 96' | 'own 192' | 'all 192';

const target = (n: number, isWhole: boolean, sizes: Sizes): Target | null =>
  n === 4 && isWhole && sizes === 'own 192' ? { of: 'ratio', max: 0.12 } : null;

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
  const micro = (subset: readonly number[], sizes: Sizes): Micro => {
    const some = partials
      .filter(({ operator }) => subset.includes(operator))
      .map(({ operator, signature }, at) => ({
        operator,
        signature:
          sizes === 'all 96' || (sizes === 'own 192' && at > 0)
            ? signature
            : Signature.fromBytes(signature).toBytes(false),
      }));
    const { denominator } = lagrangeAtZero(subset);
    return {
      name: 'recovery',
      figure: `${quorum} of ${n}`,
      parameters: { n, 'D =': Number(denominator), bytes: sizes },
      floor: 'blst.verify',
      target: target(n, denominator === 1n, sizes),
      work() {
        if (!equalBytes(recoverSignature(some), expected)) throw new Broken('recovered another signature');
      },
    };
  };
  const sets = [chooseOperators(ids, quorum), firstFractional(ids, quorum)];
  return sets.flatMap((subset) => [
    micro(subset, 'all 96'),
    micro(subset, 'own 192'),
    micro(subset, 'all 192'),
  ]);
};

export const recoveryCase: BenchCase = {
  type: 'micro',
  name: 'recovery',
  about: 'a signature from a quorum of partial signatures, n = 4, 7, 10, 13, by kind of subset',
  micros: () => [4, 7, 10, 13].flatMap(microsOf),
};
