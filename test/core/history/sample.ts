/**
 * Decisions made up for tests: a committee of four with stand-in signatures, its votes and blocks, and proofs of both kinds.
 */
import { createHash } from 'node:crypto';
import { encodeHeader } from '../../../src/core/duty/value.ts';
import { epochOf } from '../../../src/core/eth2/slots.ts';
import { messageOf } from '../../../src/core/history/certificate.ts';
import { type Certificate, type Entry, type Proof, wholeCluster } from '../../../src/core/history/entry.ts';
import { rootUnder } from '../../../src/core/history/fold.ts';
import type { Epoch, OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { encodeVote } from '../../../src/core/wire/beacon-vote.ts';
import { domainOf } from '../../../src/core/wire/message-id.ts';
import { encodeSsvMessage } from '../../../src/core/wire/signed.ts';
import { operatorSignature, partialSignature, wholeSignature } from '../../fakes/signing.ts';
import { createRegistry, simNetworkOf } from '../../simulation/world/cluster.ts';

export const network = simNetworkOf(true);
export const domain = domainOf(network.genesisValidatorsRoot, network.genesisForkVersion);
export const registry = createRegistry(4, 6);
export const committee = [...registry.committees.values()][0] as NonNullable<
  ReturnType<typeof registry.committees.get>
>;
export const validators = [...registry.validators.values()];
export const keyAt = (at: number): ValidatorKey => validators[at]?.key as ValidatorKey;
export const slotOf = (slot: number): Slot => slot as Slot;

export const rootNamed = (name: string): Root =>
  `0x${createHash('sha256').update(name).digest('hex')}` as Root;

/** Signed by these operators as honest ones would. */
export const decided = (
  duty: Pick<Certificate['duty'], 'role' | 'slot'> & { readonly validator?: ValidatorKey },
  value: Uint8Array,
  operators: readonly number[] = [1, 2, 3],
): Certificate => {
  const bare: Certificate = {
    duty: { committee: committee.id, subcommittee: 0, validator: null, ...duty },
    round: 1,
    value,
    operators: operators as OperatorId[],
    signatures: [],
  };
  const data = encodeSsvMessage(messageOf(domain, bare).message);
  return {
    ...bare,
    signatures: operators.map((operator) => operatorSignature(operator as OperatorId, data)),
  };
};

export interface VoteShape {
  readonly source?: number;
  readonly target?: number;
  readonly view?: string;
}

export const voteAt = (slot: number, shape: VoteShape = {}, operators?: readonly number[]): Certificate => {
  const target = shape.target ?? epochOf(network, slotOf(slot));
  const source = shape.source ?? Math.max(0, target - 1);
  const vote = {
    beaconBlockRoot: rootNamed(`head ${slot} ${shape.view ?? ''}`),
    source: { epoch: source as Epoch, root: rootNamed(`epoch ${source}`) },
    target: { epoch: target as Epoch, root: rootNamed(`epoch ${target}`) },
  };
  return decided({ role: 'attestation', slot: slotOf(slot) }, encodeVote(vote), operators);
};

export const blockAt = (slot: number, validator: ValidatorKey, view = ''): Certificate => {
  const header = {
    slot: slotOf(slot),
    proposerIndex: 7,
    parentRoot: rootNamed('parent'),
    stateRoot: rootNamed(`state ${view}`),
    bodyRoot: rootNamed('body'),
  };
  return decided({ role: 'block', slot: slotOf(slot), validator }, encodeHeader(header));
};

const rootFor = (certificate: Certificate): Root => rootUnder(network, certificate, 0) as Root;

export const wholeProof = (certificate: Certificate, at: number): Proof => ({
  validator: keyAt(at),
  index: 0,
  claims: [{ by: wholeCluster, signature: wholeSignature(keyAt(at), rootFor(certificate)) }],
});

export const partialProof = (certificate: Certificate, at: number, operators: readonly number[]): Proof => ({
  validator: keyAt(at),
  index: 0,
  claims: operators.map((operator) => ({
    by: operator as OperatorId,
    signature: partialSignature(
      validators[at]?.shares.get(operator as OperatorId) as ShareKey,
      rootFor(certificate),
    ),
  })),
});

export const entryOf = (certificate: Certificate, ...proofs: readonly Proof[]): Entry => ({
  certificate,
  proofs,
});
