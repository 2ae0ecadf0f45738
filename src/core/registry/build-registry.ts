/**
 * From a cluster to the registry: the committees, and whether all parts fit together.
 *
 * Committees have 3f + 1 members (4, 7, 10 or 13; SSV spec, CommitteeMember.Validate). Whether the shares are points of
 * one polynomial under the validator key is left to judge-shares.ts, as it takes curve arithmetic and time.
 */
import { digest } from '@chainsafe/as-sha256';
import { fromHex } from '../bytes.ts';
import type { CommitteeId, OperatorId, ShareKey, ValidatorKey } from '../ids.ts';
import { committeeIdOf } from '../wire/message-id.ts';
import type { Cluster, ClusterValidator, Outcome } from './cluster.ts';
import type { Committee, Operator, Registry, Validator } from './committee.ts';
import { createProblems, type Problems } from './field.ts';

const committeeSizes: readonly number[] = [4, 7, 10, 13];

/** Problems are sentences that begin with the path of the field in the cluster file. */
export const buildRegistry = (cluster: Cluster): Outcome<Registry> => {
  const problems = createProblems();
  const operators = collectOperators(cluster.operators, problems);
  const committees = new Map<CommitteeId, Committee>();
  const validators = new Map<ValidatorKey, Validator>();
  const byNumber = new Map<number, Validator>();
  const shareOwners = new Map<ShareKey, string>();
  for (const [at, entry] of cluster.validators.entries()) {
    const path = `validators[${at}]`;
    checkMembers(entry, path, operators, problems);
    checkShares(entry, path, shareOwners, problems);
    if (validators.has(entry.key)) problems.note(`${path}.publicKey`, `${entry.key} is listed twice`);
    const committee = committeeOf(entry.operators);
    committees.set(committee.id, committee);
    const number = validatorNumber(entry.key);
    const other = byNumber.get(number);
    // 48 bits: expected once in some 2^24 validators of one cluster.
    if (other !== undefined && other.key !== entry.key) {
      problems.note(
        `${path}.publicKey`,
        `has the same short number as ${other.key}; they cannot share a cluster file`,
      );
    }
    const validator = {
      key: entry.key,
      number,
      committee: committee.id,
      shares: entry.shares,
      policy: entry.policy,
    };
    validators.set(entry.key, validator);
    byNumber.set(number, validator);
  }
  if (problems.found) return { type: 'problems', problems: problems.list() };
  return { type: 'ok', value: { operators, committees, validators, byNumber } };
};

/** The number that stands for a validator in messages: the first 6 bytes of sha256(key), big-endian. */
export const validatorNumber = (key: ValidatorKey): number =>
  digest(fromHex(key, 48))
    .subarray(0, 6)
    .reduce((number, byte) => number * 256 + byte, 0);

/** The committee of these operators, in any order. The caller has checked the size. */
export const committeeOf = (members: readonly OperatorId[]): Committee => {
  const operators = [...members].sort((a, b) => a - b);
  const faulty = Math.floor((operators.length - 1) / 3);
  return { id: committeeIdOf(operators), operators, faulty, quorum: 2 * faulty + 1 };
};

const collectOperators = (
  listed: readonly Operator[],
  problems: Problems,
): ReadonlyMap<OperatorId, Operator> => {
  const operators = new Map<OperatorId, Operator>();
  const keyOwners = new Map<string, OperatorId>();
  // One key for two operators would let one holder vote twice, and one key twice for an operator has two ends.
  const own = (key: string, id: OperatorId, path: string): void => {
    const owner = keyOwners.get(key);
    if (owner === id) problems.note(path, 'is listed for this operator already');
    else if (owner !== undefined) problems.note(path, `is also the key of operator ${owner}`);
    keyOwners.set(key, id);
  };
  for (const [at, operator] of listed.entries()) {
    if (operators.has(operator.id)) problems.note(`operators[${at}].id`, `${operator.id} is used twice`);
    own(operator.publicKeyPem, operator.id, `operators[${at}].publicKey`);
    for (const [place, { publicKeyPem }] of (operator.formerKeys ?? []).entries())
      own(publicKeyPem, operator.id, `operators[${at}].formerKeys[${place}].publicKey`);
    operators.set(operator.id, operator);
  }
  return operators;
};

const checkMembers = (
  entry: ClusterValidator,
  path: string,
  operators: ReadonlyMap<OperatorId, Operator>,
  problems: Problems,
): void => {
  const count = entry.operators.length;
  if (!committeeSizes.includes(count)) {
    problems.note(
      `${path}.operators`,
      `a committee has ${committeeSizes.join(', ')} operators, not ${count}`,
    );
  }
  if (new Set(entry.operators).size !== count) problems.note(`${path}.operators`, 'names an operator twice');
  for (const id of entry.operators) {
    if (!operators.has(id))
      problems.note(`${path}.operators`, `operator ${id} is not listed under operators`);
  }
};

const checkShares = (
  entry: ClusterValidator,
  path: string,
  owners: Map<ShareKey, string>,
  problems: Problems,
): void => {
  for (const id of entry.operators) {
    if (!entry.shares.has(id)) problems.note(`${path}.shares`, `operator ${id} has no share`);
  }
  for (const [id, share] of entry.shares) {
    const place = `${path}.shares.${id}`;
    if (!entry.operators.includes(id)) problems.note(place, `operator ${id} is not in the committee`);
    const owner = owners.get(share);
    if (owner !== undefined) problems.note(place, `is the same share key as ${owner}`);
    if ((share as string) === (entry.key as string)) problems.note(place, 'is the validator key itself');
    owners.set(share, place);
  }
};
