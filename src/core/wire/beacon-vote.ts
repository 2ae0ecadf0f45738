/**
 * BeaconVote (SSV spec, types): the value of attestation consensus, 112 bytes.
 *
 * It holds no slot and no committee index: the slot is the QBFT height, the index is each request's own. Whether its source is
 * before its target, as the spec's Validate asks, is left to the value check and to slashing protection: in the first epoch of a
 * chain both are the genesis checkpoint.
 */
import { fromHex, toHex } from '../bytes.ts';
import type { Vote } from '../eth2/signable.ts';
import type { Epoch, Root } from '../ids.ts';
import { beaconVoteSsz } from './containers.ts';
import { areExact, decodeSsz, inexact } from './decode.ts';
import type { WireError } from './errors.ts';
import { isWireError } from './errors.ts';

export const encodeVote = (vote: Vote): Uint8Array =>
  beaconVoteSsz.serialize({
    blockRoot: fromHex(vote.beaconBlockRoot, 32),
    source: { epoch: vote.source.epoch, root: fromHex(vote.source.root, 32) },
    target: { epoch: vote.target.epoch, root: fromHex(vote.target.root, 32) },
  });

export const decodeVote = (bytes: Uint8Array): Vote | WireError => {
  const raw = decodeSsz(beaconVoteSsz, bytes, 'beacon vote');
  if (isWireError(raw)) return raw;
  if (!areExact(raw.source.epoch, raw.target.epoch)) return inexact('beacon vote');
  return {
    beaconBlockRoot: toHex(raw.blockRoot) as Root,
    source: { epoch: raw.source.epoch as Epoch, root: toHex(raw.source.root) as Root },
    target: { epoch: raw.target.epoch as Epoch, root: toHex(raw.target.root) as Root },
  };
};
