/**
 * One duty's consensus: drives the pure state machine of core/qbft with messages, time and our client's value.
 *
 * What the machine wants said is journaled, signed, published and fed back to it as our own message. An operator that spoke
 * in this instance before a restart stays silent: it listens and takes the decision of the others. Proposals that are not
 * acceptable yet (our client has not asked, too few others have spoken) are kept until they are.
 */
import { digest } from '@chainsafe/as-sha256';
import { equalBytes, toHex } from '../core/bytes.ts';
import { type DutyKey, dutyName } from '../core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../core/duty/value.ts';
import { checkValue, type ValueVerdict } from '../core/duty/value-check.ts';
import { dueMs } from '../core/eth2/slots.ts';
import type { OperatorId, Root } from '../core/ids.ts';
import { type QbftConfig, wireCodec } from '../core/qbft/config.ts';
import { countSigners, leaderOf } from '../core/qbft/quorum.ts';
import { cutOffRoundOf, roundDeadlineMs } from '../core/qbft/round-timer.ts';
import { createInstance, type Effect, type Input } from '../core/qbft/state.ts';
import { isSendersFault, step } from '../core/qbft/step.ts';
import type { Committee } from '../core/registry/committee.ts';
import { type ErrorName, isWireError } from '../core/wire/errors.ts';
import type { QbftMessage } from '../core/wire/qbft-message.ts';
import { decodeSigned, type SignedMessage } from '../core/wire/signed.ts';
import type { ConsensusHooks, ConsensusPorts, Decision } from './consensus-seams.ts';
import { createLatecomers } from './latecomers.ts';
import type { Verdict } from './ports.ts';
import { createRoundClock } from './round-clock.ts';
import { createSpeech } from './speech.ts';
import { createVoices } from './voices.ts';

/** A value of our client that nobody proposes is hinted to the committee after this long. ms */
const hintAfterMs = 100;

export interface Consensus {
  /** Our client asks for this; the first call counts. */
  offer(signable: DecidedSignable): void;
  /** A message whose operator signatures have been verified. */
  receive(signed: SignedMessage, message: QbftMessage): Verdict;
  /** Operator `from` says what its client asked for, or sends a certificate (`attempt` > 0). */
  hear(from: OperatorId, attempt: number, payload: Uint8Array): Verdict;
  /** The connection to this operator is gone. */
  lost(operator: OperatorId): void;
  decision(): Decision | null;
  round(): number;
  stop(): void;
}

/** What gossip is told. A value that only we refuse, or a message that comes late, is not its sender's fault. */
const verdictOf = (error: ErrorName | null): Verdict => {
  if (error === null || error === 'no-proposal' || error === 'wrong-round') return 'accept';
  return isSendersFault(error) && error !== 'value-refused' ? 'reject' : 'ignore';
};

export const createConsensus = (
  ports: ConsensusPorts,
  duty: DutyKey,
  committee: Committee,
  hooks: ConsensusHooks,
): Consensus => {
  const { network, clock, keys, peers, address, outbox, report } = ports;
  const name = dutyName(duty);
  const startedMs = clock.now();
  const identifier = address.dutyId(duty);
  const voices = createVoices(duty.role, committee.faulty);
  const leader = (round: number): OperatorId => leaderOf(committee.operators, duty.slot, round);

  let own: DecidedSignable | null = null;
  let decided: Decision | null = null;
  let stopped = false;
  let cancelHint: (() => void) | null = null;
  const parked = new Map<string, { readonly signed: SignedMessage; readonly round: number }>();

  const judge = (value: Uint8Array): ValueVerdict =>
    checkValue(duty, value, {
      network,
      strictness: ports.strictness,
      own,
      vouched: voices.isVouched(value),
      forbidden: hooks.forbidden,
    });

  const cutOffRound = cutOffRoundOf(duty.role);
  const config: QbftConfig = {
    committee: committee.operators,
    self: keys.self,
    identifier,
    height: duty.slot,
    quorum: committee.quorum,
    faulty: committee.faulty,
    leader,
    cutOffRound,
    verify: hooks.verify,
    accepts: (value) => judge(value).type === 'acceptable',
    codec: wireCodec,
  };
  let instance = createInstance();

  const isWaitingForProposal = (): boolean => decided === null && instance.accepted === null;
  const hasSomethingToPropose = (): boolean => own !== null || voices.hintedValue() !== null;

  const latecomers = createLatecomers(clock, outbox, duty);
  const speech = createSpeech(ports, duty, identifier, (signed) => feed({ type: 'message', signed }));
  const rounds = createRoundClock(clock, (round, cause) => {
    if (stopped || decided !== null || instance.round !== round) return;
    if (cause === 'silence' && !isWaitingForProposal()) return;
    const why = cause === 'silence' ? 'is silent' : 'had its time';
    report({
      type: 'round-changed',
      duty: name,
      round: round + 1,
      why: `operator ${leader(round)}, who leads round ${round}, ${why}`,
    });
    feed({ type: 'timeout', round });
  });
  /** After round 1 a leader may propose only once a quorum has changed rounds; before that its silence means nothing. */
  const mayLeaderPropose = (): boolean => {
    const changes = instance.roundChanges.filter(({ message }) => message.round === instance.round);
    return instance.round === 1 || countSigners(changes) >= committee.quorum;
  };
  const expectLeader = (): void => {
    // Giving up on each round alone, an operator would run ahead of those that wait for the deadline, and never meet them.
    if (!isWaitingForProposal() || !hasSomethingToPropose() || !mayLeaderPropose()) return;
    const current = leader(instance.round);
    rounds.expect(current === keys.self || peers.isConnected(current));
  };

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'broadcast':
        speech.say(effect.message, effect.fullData);
        return;
      case 'timer':
        rounds.begin(effect.round, roundDeadlineMs(dueMs(network, duty.slot, duty.role), effect.round));
        expectLeader();
        return;
      case 'decided': {
        if (decided !== null) return;
        decided = { value: effect.value, round: effect.round, certificate: effect.certificate };
        rounds.stop();
        cancelHint?.();
        report({
          type: 'decided',
          duty: name,
          kind: duty.role,
          slot: duty.slot,
          round: effect.round,
          valueRoot: toHex(digest(effect.value)) as Root,
          signers: effect.certificate.operators,
          tookMs: clock.now() - startedMs,
        });
        hooks.onDecided(decided);
        return;
      }
      case 'answer':
        sendCertificate(effect.to);
        return;
    }
  };

  const feed = (input: Input): ErrorName | null => {
    const result = step(config, instance, input);
    instance = result.instance;
    for (const effect of result.effects) perform(effect);
    return result.error;
  };

  /** Something changed that may make a kept proposal acceptable, or give a leader something to propose. */
  const reconsider = (): void => {
    for (const [key, { signed, round }] of [...parked]) {
      const verdict = judge(signed.fullData);
      if (verdict.type === 'pending') continue;
      parked.delete(key);
      if (verdict.type === 'unacceptable')
        report({ type: 'proposal-refused', duty: name, round, why: verdict.why });
      else feed({ type: 'message', signed });
    }
    const hinted = own === null && decided === null ? voices.hintedValue() : null;
    if (hinted !== null && judge(hinted).type === 'acceptable') feed({ type: 'value', value: hinted });
    expectLeader();
  };

  const receiveProposal = (signed: SignedMessage, message: QbftMessage, from: OperatorId): Verdict => {
    if (from !== leader(message.round)) return 'reject';
    const accepted = instance.accepted?.message;
    if (accepted?.round === message.round) {
      if (equalBytes(accepted.root, message.root)) return 'ignore';
      report({
        type: 'equivocation',
        duty: name,
        from,
        detail: `proposed two values in round ${message.round}`,
      });
      return 'reject';
    }
    const verdict = judge(signed.fullData);
    if (verdict.type === 'unacceptable') {
      report({ type: 'proposal-refused', duty: name, round: message.round, why: verdict.why });
      return 'ignore';
    }
    if (verdict.type === 'pending') {
      if (message.round <= cutOffRound)
        parked.set(`${from}/${message.round}`, { signed, round: message.round });
      return 'accept';
    }
    return verdictOf(feed({ type: 'message', signed }));
  };

  const sendCertificate = (to: OperatorId): void => {
    if (decided !== null && to !== keys.self) latecomers.tell(to, decided.certificate);
  };

  const hearCertificate = (payload: Uint8Array): Verdict => {
    if (decided !== null) return 'ignore';
    const certificate = decodeSigned(payload);
    if (isWireError(certificate)) return 'reject';
    if (certificate.message.type !== 'consensus' || certificate.operators.length < committee.quorum)
      return 'reject';
    if (!equalBytes(certificate.message.id, identifier)) return 'reject';
    return verdictOf(feed({ type: 'message', signed: certificate }));
  };

  perform({ type: 'timer', round: 1 });

  return {
    offer: (signable) => {
      if (own !== null || stopped) return;
      own = signable;
      const value = proposedValue(signable);
      if (decided !== null) return;
      if (judge(value).type === 'acceptable') feed({ type: 'value', value });
      reconsider();
      cancelHint = clock.at(clock.now() + hintAfterMs, () => {
        if (stopped || !isWaitingForProposal() || (leader(instance.round) === keys.self && speech.isHeard()))
          return;
        outbox.sendHint(committee.id, duty, duty.slot, { number: 0, payload: value });
      });
    },
    receive: (signed, message) => {
      const [from] = signed.operators;
      if (from === undefined) return 'reject';
      if (signed.operators.length === 1 && message.type !== 'round-change') voices.speak(from, message.root);
      if (message.round > cutOffRound) return 'ignore';
      // Once decided, only those that still change rounds are answered (by the machine's `answer`).
      if (decided !== null && message.type !== 'round-change') return 'ignore';
      const verdict =
        message.type === 'proposal'
          ? receiveProposal(signed, message, from)
          : verdictOf(feed({ type: 'message', signed }));
      if (decided === null) reconsider();
      return verdict;
    },
    hear: (from, attempt, payload) => {
      if (attempt > 0) return hearCertificate(payload);
      if (decided !== null) {
        sendCertificate(from);
        return 'accept';
      }
      report({ type: 'hinted', duty: name, from });
      voices.hint(from, payload);
      reconsider();
      return 'accept';
    },
    lost: (operator) => {
      if (decided === null && leader(instance.round) === operator) expectLeader();
    },
    decision: () => decided,
    round: () => instance.round,
    stop: () => {
      stopped = true;
      speech.stop();
      rounds.stop();
      cancelHint?.();
      parked.clear();
    },
  };
};
