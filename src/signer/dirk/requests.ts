/**
 * A share task as Dirk's messages. Dirk makes the signing root itself, so each has the domain and what was the object root.
 */
import { fromHex } from '../../core/bytes.ts';
import type { Checkpoint, Signable } from '../../core/eth2/signable.ts';
import type { ShareKey } from '../../core/ids.ts';
import type { ShareTask } from '../../workflow/ports.ts';

type Of<Type extends Signable['type']> = Extract<Signable, { type: Type }>;

const idOf = (share: ShareKey) => ({ case: 'publicKey', value: fromHex(share, 48) }) as const;
const domainOf = ({ roots }: ShareTask): Uint8Array => fromHex(roots.domain, 32);
const checkpoint = ({ epoch, root }: Checkpoint) => ({ epoch: BigInt(epoch), root: fromHex(root, 32) });

export const attestationRequest = (task: ShareTask, { slot, index, vote }: Of<'attestation'>) => ({
  id: idOf(task.share),
  domain: domainOf(task),
  data: {
    slot: BigInt(slot),
    committeeIndex: BigInt(index),
    beaconBlockRoot: fromHex(vote.beaconBlockRoot, 32),
    source: checkpoint(vote.source),
    target: checkpoint(vote.target),
  },
});

export const proposalRequest = (task: ShareTask, { header }: Of<'block'>) => ({
  id: idOf(task.share),
  domain: domainOf(task),
  data: {
    slot: BigInt(header.slot),
    proposerIndex: BigInt(header.proposerIndex),
    parentRoot: fromHex(header.parentRoot, 32),
    stateRoot: fromHex(header.stateRoot, 32),
    bodyRoot: fromHex(header.bodyRoot, 32),
  },
});

/** For everything that has no rule of its own in Dirk. */
export const genericRequest = (task: ShareTask) => ({
  id: idOf(task.share),
  domain: domainOf(task),
  data: fromHex(task.roots.objectRoot, 32),
});
