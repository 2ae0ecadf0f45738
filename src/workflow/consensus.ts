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
import { step } from '../core/qbft/step.ts';
import type { Committee } from '../core/registry/committee.ts';
import { isWireError } from '../core/wire/errors.ts';
import type { QbftMessage } from '../core/wire/qbft-message.ts';
import { decodeSigned, type SignedMessage } from '../core/wire/signed.ts';
import type { ConsensusHooks, ConsensusPorts, Decision } from './consensus-seams.ts';
import { createLatecomers } from './latecomers.ts';
import type { Verdict } from './ports.ts';
import { createRoundClock } from './round-clock.ts';
import { createSpeech } from './speech.ts';
import { createVoices } from './voices.ts';

/** A value of our client that nobody proposes is hinted to the committee after this long. ms */
const hintAfterMs = 200;
/** A leader gives its own client this long before it proposes a block or an aggregate that others hinted. ms */
const patienceMs = 400;

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

export const createConsensus = (
  ports: ConsensusPorts,
  duty: DutyKey,
  committee: Committee,
  hooks: ConsensusHooks,
): Consensus => {
  const { network, clock, keys, isThere, address, outbox, report } = ports;
  const name = dutyName(duty);
  const startedMs = clock.now();
  const identifier = address.dutyId(duty);
  const voices = createVoices(duty.role, committee.faulty);
  const leader = (round: number): OperatorId => leaderOf(committee.operators, duty.slot, round);

  let own: DecidedSignable | null = null;
  let decided: Decision | null = null;
  let stopped = false;
  /** The round's time is over, and we had no reason to say so. */
  let isOverdue = false;
  let cancelHint: (() => void) | null = null;
  let cancelPatience: (() => void) | null = null;
  /** Proposals that are not acceptable yet, by round. */
  const parked = new Map<number, SignedMessage>();

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
  const hasSomethingToPropose = (): boolean => own !== null || voices.hintedValue(instance.round) !== null;
  /** Without a request of our own or of an honest other this may be a liar's duty: we listen, and start nothing. */
  const isWorthwhile = (): boolean => own !== null || voices.areEnough();

  const latecomers = createLatecomers(clock, outbox, duty);
  const speech = createSpeech(ports, duty, identifier, (signed) => feed({ type: 'message', signed }));
  const rounds = createRoundClock(clock, (round, cause) => {
    if (stopped || decided !== null || instance.round !== round) return;
    if (cause === 'silence' && !isWaitingForProposal()) return;
    isOverdue = !isWorthwhile();
    if (isOverdue) return;
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
    rounds.expect(current === keys.self || isThere(current));
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

  const feed = (input: Input): void => {
    const result = step(config, instance, input);
    instance = result.instance;
    for (const effect of result.effects) perform(effect);
  };

  /** Something changed that may make a kept proposal acceptable, or give a leader something to propose. */
  const reconsider = (): void => {
    if (stopped || decided !== null) return;
    for (const [round, signed] of [...parked]) {
      const verdict = judge(signed.fullData);
      if (verdict.type === 'pending') continue;
      parked.delete(round);
      if (verdict.type === 'unacceptable')
        report({ type: 'proposal-refused', duty: name, round, why: verdict.why });
      else feed({ type: 'message', signed });
    }
    proposeHinted();
    if (isOverdue && isWorthwhile()) {
      isOverdue = false;
      rounds.begin(instance.round, clock.now());
    }
    expectLeader();
  };

  const proposeHinted = (): void => {
    const hinted = own === null && decided === null ? voices.hintedValue(instance.round) : null;
    // core/qbft asks `accepts` of every value that it is given; asking here too spares a timer.
    if (hinted === null || judge(hinted).type !== 'acceptable') return;
    const patientUntilMs = duty.validator === null ? 0 : startedMs + patienceMs;
    if (clock.now() >= patientUntilMs) feed({ type: 'value', value: hinted });
    else cancelPatience ??= clock.at(patientUntilMs, reconsider);
  };

  /** Feeds a message; `accept` only where it changed something, so that repeats are not forwarded. */
  const take = (signed: SignedMessage): Verdict => {
    const before = instance;
    feed({ type: 'message', signed });
    return instance === before ? 'ignore' : 'accept';
  };

  const receiveProposal = (signed: SignedMessage, message: QbftMessage, from: OperatorId): Verdict => {
    if (from !== leader(message.round)) return 'reject';
    const accepted = instance.accepted?.message;
    if (accepted?.round === message.round) {
      if (equalBytes(accepted.root, message.root)) return 'ignore';
      const detail = `proposed two values in round ${message.round}`;
      report({ type: 'equivocation', duty: name, from, detail });
      return 'ignore';
    }
    const verdict = judge(signed.fullData);
    if (verdict.type === 'unacceptable')
      report({ type: 'proposal-refused', duty: name, round: message.round, why: verdict.why });
    if (verdict.type !== 'pending') return take(signed);
    // The first one stays: a second one of the same round would be a lie, or a repeat.
    if (parked.has(message.round)) return 'ignore';
    parked.set(message.round, signed);
    return 'accept';
  };

  const sendCertificate = (to: OperatorId): void => {
    if (decided !== null && to !== keys.self) latecomers.tell(to, decided.certificate);
  };

  const hearCertificate = (payload: Uint8Array): Verdict => {
    if (decided !== null) return 'ignore';
    const certificate = decodeSigned(payload);
    if (isWireError(certificate) || certificate.message.type !== 'consensus') return 'ignore';
    if (certificate.operators.length < committee.quorum) return 'ignore';
    return equalBytes(certificate.message.id, identifier) ? take(certificate) : 'ignore';
  };

  const hearHint = (from: OperatorId, value: Uint8Array): Verdict => {
    const verdict = judge(value);
    if (verdict.type === 'unacceptable' || !voices.hint(from, value)) return 'ignore';
    report({ type: 'hinted', duty: name, from });
    reconsider();
    return 'accept';
  };

  perform({ type: 'timer', round: 1 });

  return {
    offer: (signable) => {
      if (own !== null || stopped) return;
      own = signable;
      const value = proposedValue(signable);
      if (decided !== null) return;
      // As with hinted values, core/qbft would refuse it too.
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
      if (from === undefined || stopped || message.round > cutOffRound) return 'ignore';
      // Once decided, only those that still change rounds are answered (by the machine's `answer`).
      if (decided !== null && message.type !== 'round-change') return 'ignore';
      const verdict = message.type === 'proposal' ? receiveProposal(signed, message, from) : take(signed);
      // A round change is about time, not about a value. Counted it would do no harm: a prepare weighs as much.
      if (verdict === 'accept' && message.type !== 'round-change') voices.speak(from, message.root);
      reconsider();
      return verdict;
    },
    hear: (from, attempt, payload) => {
      if (stopped) return 'ignore';
      if (attempt > 0) return hearCertificate(payload);
      if (decided === null) return hearHint(from, payload);
      sendCertificate(from);
      return 'ignore';
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
      cancelPatience?.();
      parked.clear();
    },
  };
};
