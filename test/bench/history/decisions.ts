/**
 * Decisions to measure a history with: two committees of four that decide a vote in every slot, with signatures that verify.
 *
 * The registry goes to another process as JSON; the secrets stay in the one that makes the decisions.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { SecretKey } from '@chainsafe/blst';
import { fromHex } from '../../../src/core/bytes.ts';
import { epochOf } from '../../../src/core/eth2/slots.ts';
import { messageOf } from '../../../src/core/history/certificate.ts';
import {
  type Certificate,
  type Claim,
  type Entry,
  type Proof,
  wholeCluster,
} from '../../../src/core/history/entry.ts';
import { rootUnder } from '../../../src/core/history/fold.ts';
import type { Epoch, OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { committeeOf, validatorNumber } from '../../../src/core/registry/build-registry.ts';
import type { Committee, Operator, Registry, Validator } from '../../../src/core/registry/committee.ts';
import { parseOperatorPublicKey } from '../../../src/core/registry/operator-public-key.ts';
import { encodeVote } from '../../../src/core/wire/beacon-vote.ts';
import { domainOf } from '../../../src/core/wire/message-id.ts';
import { encodeSsvMessage } from '../../../src/core/wire/signed.ts';
import { simNetworkOf } from '../../simulation/world/cluster.ts';

export const network = { ...simNetworkOf(true), slotsPerEpoch: 32 };
export const domain = domainOf(network.genesisValidatorsRoot, network.genesisForkVersion);
/** The first slot of a decision; one of each committee in each slot from there. */
export const firstSlot = 32;
export const committees: readonly Committee[] = [
  [1, 2, 3, 4],
  [1, 2, 3, 5],
].map((ids) => committeeOf(ids as OperatorId[]));

/** Public keys alone, as a process that only verifies has them. */
export interface Parties {
  readonly operators: readonly Operator[];
  readonly validators: readonly {
    readonly key: ValidatorKey;
    readonly committee: number;
    readonly shares: readonly (readonly [OperatorId, ShareKey])[];
  }[];
}

export const registryOf = ({ operators, validators }: Parties): Registry => {
  const all = validators.map(
    ({ key, committee, shares }): Validator => ({
      key,
      number: validatorNumber(key),
      committee: (committees[committee] as Committee).id,
      shares: new Map(shares),
      policy: { feeRecipient: null, gasLimit: null },
    }),
  );
  return {
    operators: new Map(operators.map((operator) => [operator.id, operator])),
    committees: new Map(committees.map((committee) => [committee.id, committee])),
    validators: new Map(all.map((validator) => [validator.key, validator])),
    byNumber: new Map(all.map((validator) => [validator.number, validator])),
  };
};

export const validatorsIn = (registry: Registry, { id }: Committee): readonly Validator[] =>
  [...registry.validators.values()].filter(({ committee }) => committee === id);

export interface Decisions {
  readonly parties: Parties;
  entryAt(slot: Slot, committee: Committee): Entry;
  proofsMade(): number;
}

export const createDecisions = (validatorsEach: number): Decisions => {
  const operatorKeys = new Map<OperatorId, KeyObject>();
  /** Of validators and of shares, by public key. They are independent here: nothing in this bench combines. */
  const secrets = new Map<string, SecretKey>();
  const newKey = (): string => {
    const secret = SecretKey.fromKeygen(randomBytes(32));
    const key = secret.toPublicKey().toHex();
    secrets.set(key, secret);
    return key;
  };
  const operators = ([1, 2, 3, 4, 5] as OperatorId[]).map((id) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    operatorKeys.set(id, privateKey);
    const publicKeyPem = parseOperatorPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) ?? '';
    return { id, publicKeyPem, addresses: [] };
  });
  const validators = committees.flatMap((members, committee) =>
    Array.from({ length: validatorsEach }, () => ({
      key: newKey() as ValidatorKey,
      committee,
      shares: members.operators.map((member) => [member, newKey() as ShareKey] as const),
    })),
  );
  const parties: Parties = { operators, validators };
  const registry = registryOf(parties);
  const validatorsOf = new Map(
    committees.map((committee) => [committee.id, validatorsIn(registry, committee)]),
  );
  let proofs = 0;
  const proofOf = (validator: Validator, root: Root): Proof => {
    const signedBy = (key: string): Uint8Array =>
      (secrets.get(key) as SecretKey).sign(fromHex(root)).toBytes();
    const claims: readonly Claim[] =
      ++proofs % 16 === 0
        ? [...validator.shares].slice(0, 3).map(([by, share]) => ({ by, signature: signedBy(share) }))
        : [{ by: wholeCluster, signature: signedBy(validator.key) }];
    return { validator: validator.key, index: 0, claims };
  };

  const entryAt = (slot: Slot, committee: Committee): Entry => {
    const target = epochOf(network, slot);
    const root = `0x${randomBytes(32).toString('hex')}` as Root;
    const bare: Certificate = {
      duty: { committee: committee.id, role: 'attestation', slot, validator: null, subcommittee: 0 },
      round: 1,
      value: encodeVote({
        beaconBlockRoot: root,
        source: { epoch: (target - 1) as Epoch, root },
        target: { epoch: target, root },
      }),
      operators: committee.operators.slice(0, committee.quorum),
      signatures: [],
    };
    const data = encodeSsvMessage(messageOf(domain, bare).message);
    const signatures = bare.operators.map((operator) =>
      Uint8Array.from(sign('sha256', data, operatorKeys.get(operator) as KeyObject)),
    );
    const signingRoot = rootUnder(network, bare, 0) as Root;
    const attesting = (validatorsOf.get(committee.id) ?? []).filter((_, at) => at % 32 === slot % 32);
    const proofs = attesting.map((validator) => proofOf(validator, signingRoot));
    return { certificate: { ...bare, signatures }, proofs };
  };
  return { parties, entryAt, proofsMade: () => proofs };
};
