/**
 * Consensus as an observer hears it: the machine of core/qbft without a voice. It is fed proposals, commits and certificates,
 * what it would say is dropped, and it decides as an operator does that fell behind: by a quorum of commits of any round.
 *
 * Only messages with an operator's verified signature get here (workflow/inbox.ts), within the window of their slot. One
 * operator starts a limited number of duties in a slot, and in a duty the machine keeps one message of a kind, operator and
 * round: so what liars can make an observer hold is bounded by committee and slot.
 */
import { digest } from '@chainsafe/as-sha256';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { type DutyKey, dutyName } from '../../core/duty/duty.ts';
import { clockToleranceMs, dutyEndMs } from '../../core/duty/window.ts';
import type { Network } from '../../core/eth2/network.ts';
import type { OperatorId, Root, Slot } from '../../core/ids.ts';
import { type QbftConfig, wireCodec } from '../../core/qbft/config.ts';
import { leaderOf } from '../../core/qbft/quorum.ts';
import { cutOffRoundOf } from '../../core/qbft/round-timer.ts';
import { createInstance } from '../../core/qbft/state.ts';
import { step } from '../../core/qbft/step.ts';
import type { Committee, Registry } from '../../core/registry/committee.ts';
import { isWireError } from '../../core/wire/errors.ts';
import type { QbftMessage } from '../../core/wire/qbft-message.ts';
import { decodeSigned, type SignedMessage } from '../../core/wire/signed.ts';
import type { Address } from '../address.ts';
import type { Consensus } from '../consensus.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { Clock, Verdict } from '../ports.ts';
import type { Report } from '../report.ts';

/** Who has no operator id; no operator has this one. */
export const nobody = 0 as OperatorId;
/** Duties of single validators that one operator may start in a slot, as at an operator's node (workflow/duties.ts). */
const dutiesPerOperator = 128;

export interface ListeningPorts {
  readonly network: Network;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly address: Pick<Address, 'dutyId'>;
  readonly recorder: Pick<HistoryRecorder, 'decided'>;
  readonly verify: (signed: SignedMessage, slot: Slot) => boolean;
  readonly report: Report;
}

export interface Heard {
  readonly consensus: Pick<Consensus, 'receive' | 'hear'>;
}

export interface Listening {
  /** The duty of which `from` speaks; null where it may not be started. */
  join(key: DutyKey, from: OperatorId): Heard | null;
  /** Duties listened to now. */
  count(): number;
}

const configOf = (ports: ListeningPorts, duty: DutyKey, committee: Committee): QbftConfig => ({
  committee: committee.operators,
  self: nobody,
  identifier: ports.address.dutyId(duty),
  height: duty.slot,
  quorum: committee.quorum,
  faulty: committee.faulty,
  leader: (round) => leaderOf(committee.operators, duty.slot, round),
  cutOffRound: cutOffRoundOf(duty.role),
  verify: (signed) => ports.verify(signed, duty.slot),
  // Whether to sign a value is the operators' to judge; what a quorum of them commits to is decided.
  accepts: () => true,
  codec: wireCodec,
});

const listenTo = (ports: ListeningPorts, duty: DutyKey, committee: Committee): Heard => {
  const config = configOf(ports, duty, committee);
  const startedMs = ports.clock.now();
  let instance = createInstance();

  const take = (signed: SignedMessage): Verdict => {
    if (instance.decided !== null) return 'ignore';
    const before = instance;
    const result = step(config, instance, { type: 'message', signed });
    instance = result.instance;
    for (const effect of result.effects) {
      if (effect.type !== 'decided') continue;
      ports.report({
        type: 'decided',
        duty: dutyName(duty),
        kind: duty.role,
        slot: duty.slot,
        round: effect.round,
        valueRoot: toHex(digest(effect.value)) as Root,
        signers: effect.certificate.operators,
        tookMs: ports.clock.now() - startedMs,
      });
      ports.recorder.decided(duty, effect.certificate);
    }
    return instance === before ? 'ignore' : 'accept';
  };

  return {
    consensus: {
      receive: (signed: SignedMessage, message: QbftMessage) => {
        if (message.round > config.cutOffRound) return 'ignore';
        const [from] = signed.operators;
        if (message.type === 'proposal' && from !== config.leader(message.round)) return 'reject';
        // A decision needs neither.
        if (message.type === 'prepare' || message.type === 'round-change') return 'ignore';
        return take(signed);
      },
      hear: (_from, attempt, payload) => {
        if (attempt === 0 || instance.decided !== null) return 'ignore';
        const certificate = decodeSigned(payload);
        if (isWireError(certificate) || certificate.message.type !== 'consensus') return 'ignore';
        if (certificate.operators.length < committee.quorum) return 'ignore';
        return equalBytes(certificate.message.id, config.identifier) ? take(certificate) : 'ignore';
      },
    },
  };
};

export const createListening = (ports: ListeningPorts): Listening => {
  const { network, registry, clock } = ports;
  const slots = new Map<
    Slot,
    { readonly duties: Map<string, Heard>; readonly started: Map<OperatorId, number> }
  >();

  const at = (slot: Slot) => {
    const known = slots.get(slot);
    if (known !== undefined) return known;
    const fresh = { duties: new Map<string, Heard>(), started: new Map<OperatorId, number>() };
    slots.set(slot, fresh);
    // The longest window is that of attestations.
    clock.at(dutyEndMs(network, 'attestation', slot) + 2 * clockToleranceMs, () => slots.delete(slot));
    return fresh;
  };

  return {
    join: (key, from) => {
      const committee = registry.committees.get(key.committee);
      if (committee === undefined) return null;
      const { duties, started } = at(key.slot);
      const place = `${key.committee}/${dutyName(key)}`;
      const known = duties.get(place);
      if (known !== undefined) return known;
      if (key.validator !== null) {
        const count = started.get(from) ?? 0;
        if (count >= dutiesPerOperator) return null;
        started.set(from, count + 1);
      }
      const heard = listenTo(ports, key, committee);
      duties.set(place, heard);
      return heard;
    },
    count: () => [...slots.values()].reduce((sum, { duties }) => sum + duties.size, 0),
  };
};
