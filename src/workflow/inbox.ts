/**
 * What peers send: decoded, bounded, checked for who says it, and handed to whom it concerns. The verdict goes back at once,
 * as gossip forwards only what was accepted and scores who sends what is rejected.
 *
 * Order: cheap checks first, the operator's RSA signature last, nothing is kept before it. `reject` is for what no honest
 * operator sends; `ignore` for what is late, early, foreign or more than we keep.
 */

import { equalBytes, toHex } from '../core/bytes.ts';
import { type DecidedRole, type DutyKey, isDecidedRole } from '../core/duty/duty.ts';
import { valueBytesMax } from '../core/duty/value.ts';
import {
  clockToleranceMs,
  dutyEndMs,
  exchangeEndMs,
  judgeDecidedWindow,
  judgeExchangedWindow,
} from '../core/duty/window.ts';
import type { Network } from '../core/eth2/network.ts';
import type { SignableType } from '../core/eth2/signable.ts';
import { type OperatorId, parseOperatorId, parseSlot, type Root, type Slot } from '../core/ids.ts';
import { findFault } from '../core/qbft/fault.ts';
import type { Registry } from '../core/registry/committee.ts';
import { isWireError } from '../core/wire/errors.ts';
import { decodeHint } from '../core/wire/hint.ts';
import {
  areYs,
  decodePartials,
  noteYs,
  type PartialMessages,
  validatePartialsFor,
} from '../core/wire/partial.ts';
import { decodeQbftMessage } from '../core/wire/qbft-message.ts';
import { decodeSigned, type SignedMessage, validateSigners } from '../core/wire/signed.ts';
import { type Address, type Addressee, attempts, dutyOf, kindOf } from './address.ts';
import type { Consensus } from './consensus.ts';
import type { Duties } from './duties.ts';
import type { Exchange } from './exchange.ts';
import type { Partials } from './partials.ts';
import type { Clock, OperatorKeys, Verdict } from './ports.ts';
import type { Report } from './report.ts';
import type { Shares } from './shares.ts';

/** Partials that one message may carry. */
const partialsPerMessageMax = 1024;
/** Hints for one duty in one message: a value, and certificates that fell into the same short window. */
const hintsPerDuty = 4;
/** A value, or a certificate: the value, up to 13 signatures, and what is around them. Bytes. */
const hintBytesMax = valueBytesMax + 8192;

export interface InboxPorts {
  readonly network: Network;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly keys: Pick<OperatorKeys, 'self'>;
  /** True for who is no operator, yet hears what any committee says: an observer. */
  readonly hearsAll?: boolean;
  readonly address: Address;
  readonly duties: Pick<Duties, 'consider'> & {
    join(key: DutyKey, from: OperatorId): { readonly consensus: Pick<Consensus, 'receive' | 'hear'> } | null;
  };
  readonly exchange: Pick<Exchange, 'isKnown' | 'answer' | 'answerRegistration'>;
  readonly partials: Pick<Partials, 'add'>;
  readonly shares: Pick<Shares, 'answer'>;
  /** All operators' signatures of a message of that slot verify; remembers what it has verified. */
  readonly verify: (signed: SignedMessage, slot: Slot) => boolean;
  /** An operator said something, by whatever way it came. */
  readonly heard: (operator: OperatorId) => void;
  /** A message names this operator as its only signer, yet came from outside. */
  readonly suspect: (signed: SignedMessage, addressee: Addressee) => void;
  readonly report: Report;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly why: string | null;
}
const accept: Judgement = { verdict: 'accept', why: null };
const urgent: Judgement = { verdict: 'urgent', why: null };
const ignore = (why: string): Judgement => ({ verdict: 'ignore', why });
/** Late or repeated in the ordinary course of things: not worth telling. */
const nothingNew: Judgement = { verdict: 'ignore', why: null };
const reject = (why: string): Judgement => ({ verdict: 'reject', why });

export const createInbox = (ports: InboxPorts) => {
  const { network, registry, clock, keys, address, duties, exchange, partials, shares, report } = ports;
  const { hearsAll = false } = ports;

  const areSignersOk = (signed: SignedMessage, addressee: Addressee): string | null => {
    const invalid = validateSigners(signed);
    if (invalid !== null) return invalid;
    if (signed.operators.some((operator) => !addressee.committee.operators.includes(operator)))
      return 'signer-not-in-committee';
    if (signed.signatures.some((signature) => signature.length !== 256)) return 'signature-length';
    if (signed.operators.includes(keys.self) && signed.operators.length === 1) return 'our own operator id';
    return null;
  };

  const onConsensus = (signed: SignedMessage, addressee: Addressee): Judgement => {
    const message = decodeQbftMessage(signed.message.data);
    if (isWireError(message)) return reject(message.name);
    const slot = parseSlot(message.height);
    const duty = slot === null ? null : dutyOf(addressee, slot);
    if (duty === null) return reject('not a duty');
    const malformed = findFault(signed, message, valueBytesMax);
    if (malformed !== null) return reject(malformed);
    const window = judgeDecidedWindow(network, duty.role, duty.slot, clock.now());
    if (window.type !== 'open') return ignore(window.type);
    if (!ports.verify(signed, duty.slot)) return reject('bad-operator-signature');
    const [from] = signed.operators;
    if (from !== undefined) ports.heard(from);
    const running = from === undefined ? null : duties.join(duty, from);
    if (running === null) return ignore('too many duties of this slot');
    const verdict = running.consensus.receive(signed, message);
    if (verdict === 'reject')
      return reject(`operator ${from} proposed in round ${message.round}, which it does not lead`);
    if (verdict !== 'accept') return nothingNew;
    // What begins a round. An operator that is not connected to the leader gives it up within milliseconds (round-clock.ts).
    return message.type === 'proposal' || message.type === 'round-change' ? urgent : accept;
  };

  const judgeSlot = (kind: SignableType, slot: Slot): Judgement => {
    const nowMs = clock.now();
    const window = isDecidedRole(kind)
      ? judgeDecidedWindow(network, kind, slot, nowMs)
      : judgeExchangedWindow(network, kind, slot, nowMs);
    return window.type === 'open' ? accept : ignore(`${kind} ${window.type}`);
  };

  /** In most messages all partials are of one root: its text is made once. */
  let lastRoot: { readonly bytes: Uint8Array; readonly text: Root } | null = null;
  const rootText = (bytes: Uint8Array): Root => {
    if (lastRoot === null || !equalBytes(lastRoot.bytes, bytes))
      lastRoot = { bytes: bytes.slice(), text: toHex(bytes) as Root };
    return lastRoot.text;
  };

  const storePartials = (
    kind: SignableType,
    slot: Slot,
    from: OperatorId,
    message: PartialMessages,
    attempt: number,
  ): Judgement => {
    let stored = 0;
    let answered = 0;
    const isReminder = attempt > 0 && attempt <= attempts.asksUntil;
    const endMs = isDecidedRole(kind) ? dutyEndMs(network, kind, slot) : exchangeEndMs(network, kind, slot);
    for (const partial of message.messages) {
      const validator = registry.byNumber.get(partial.validatorIndex);
      if (validator === undefined || !validator.shares.has(from)) continue;
      const root = rootText(partial.signingRoot);
      // Roots that we derive ourselves are the only ones worth keeping.
      if (!isDecidedRole(kind) && !exchange.isKnown(kind, slot, root)) continue;
      const result = partials.add(
        kind,
        slot,
        endMs + clockToleranceMs,
        validator,
        root,
        from,
        partial.signature,
      );
      if (result === 'over-limit') {
        const detail = 'sent partial signatures over more roots than it may';
        report({ type: 'equivocation', duty: `${kind}/${slot}/${validator.key}`, from, detail });
        continue;
      }
      if (result === 'stored') stored += 1;
      if (isReminder && shares.answer(validator, kind, slot, root, from, attempt)) answered += 1;
      if (isDecidedRole(kind)) considerDecided(kind, slot, validator);
      else exchange.answer(from, kind, slot, validator, root);
    }
    report({ type: 'partials-received', kind, slot, from, count: message.messages.length });
    return stored > 0 || answered > 0 ? accept : nothingNew;
  };

  const considerDecided = (
    role: DecidedRole,
    slot: Slot,
    validator: Parameters<Duties['consider']>[1],
  ): void => {
    const isShared = role === 'attestation' || role === 'sync-message';
    const committee = validator.committee;
    for (let subcommittee = 0; subcommittee < (role === 'contribution' ? 4 : 1); subcommittee++) {
      duties.consider(
        { committee, role, slot, validator: isShared ? null : validator.key, subcommittee },
        validator,
      );
    }
  };

  const onPartials = (signed: SignedMessage, addressee: Addressee, from: OperatorId): Judgement => {
    const message = decodePartials(signed.message.data);
    if (isWireError(message)) return reject(message.name);
    const invalid = validatePartialsFor(message, from);
    if (invalid !== null) return reject(invalid);
    if (message.messages.length > partialsPerMessageMax) return reject('too many partials');
    const kind = kindOf(addressee.role, message.type);
    const slot = parseSlot(message.slot);
    if (kind === null || slot === null || !areYs(message.messages, signed.fullData))
      return reject('partials that do not fit their role');
    const inTime = judgeSlot(kind, slot);
    if (inTime.verdict !== 'accept') return inTime;
    if (!ports.verify(signed, slot)) return reject('bad-operator-signature');
    noteYs(message.messages, signed.fullData);
    return storePartials(kind, slot, from, message, addressee.attempt);
  };

  const onRegistrations = (
    from: OperatorId,
    slot: Slot,
    items: readonly { number: number; payload: Uint8Array }[],
  ): Judgement => {
    const refusals = new Set<string>();
    for (const item of items) {
      const validator = registry.byNumber.get(item.number);
      if (validator === undefined || !validator.shares.has(from)) continue;
      const refusal = exchange.answerRegistration(from, slot, validator, item.payload);
      if (refusal !== null) refusals.add(refusal);
    }
    return refusals.size === 0 ? accept : ignore([...refusals].slice(0, 3).join('; '));
  };

  const onHint = (signed: SignedMessage, addressee: Addressee, from: OperatorId): Judgement => {
    const hint = decodeHint(signed.message.data);
    if (isWireError(hint)) return reject(hint.name);
    const slot = parseSlot(hint.slot);
    const kind = addressee.role;
    if (slot === null || signed.fullData.length > 0 || (kind !== 'registration' && !isDecidedRole(kind)))
      return reject('a hint that does not fit its role');
    const inTime = judgeSlot(kind, slot);
    if (inTime.verdict !== 'accept') return inTime;
    if (!ports.verify(signed, slot)) return reject('bad-operator-signature');
    if (!isDecidedRole(kind)) return onRegistrations(from, slot, hint.items);
    const duty = dutyOf(addressee, slot);
    if (duty === null || hint.items.length === 0 || hint.items.length > hintsPerDuty)
      return reject('a hint that does not fit its role');
    if (hint.items.some(({ payload }) => payload.length > hintBytesMax))
      return reject('a hint that is too long');
    const running = duties.join(duty, from);
    if (running === null) return ignore('too many duties of this slot');
    const verdicts = hint.items.map((item) => running.consensus.hear(from, item.number, item.payload));
    return verdicts.includes('accept') ? accept : nothingNew;
  };

  const judge = (signed: SignedMessage): Judgement => {
    const verdict = address.read(signed.message.id);
    if (verdict.type === 'malformed') return reject(verdict.why);
    if (verdict.type === 'foreign') return ignore(verdict.why);
    // Topics are shared by many committees; in the affairs of others we have no voice.
    if (!hearsAll && !verdict.addressee.committee.operators.includes(keys.self)) return nothingNew;
    const invalid = areSignersOk(signed, verdict.addressee);
    if (invalid === 'our own operator id') {
      ports.suspect(signed, verdict.addressee);
      return ignore(invalid);
    }
    if (invalid !== null) return reject(invalid);
    const [from] = signed.operators;
    if (from === undefined) return reject('no-signers');
    if (signed.message.type === 'consensus') return onConsensus(signed, verdict.addressee);
    if (signed.operators.length !== 1) return reject('one-signer-only');
    if (signed.message.type === 'partial-signature') return onPartials(signed, verdict.addressee, from);
    if (signed.message.type === 'hint') return onHint(signed, verdict.addressee, from);
    return reject('message-type');
  };

  return {
    /** Judges one message. Never throws: a bug here must not take the network down. */
    receive: (bytes: Uint8Array): Verdict => {
      const signed = decodeSigned(bytes);
      if (isWireError(signed)) {
        report({ type: 'message-refused', verdict: 'reject', why: signed.name, from: null });
        return 'reject';
      }
      try {
        const { verdict, why } = judge(signed);
        if ((verdict === 'ignore' || verdict === 'reject') && why !== null) {
          report({ type: 'message-refused', verdict, why, from: parseOperatorId(signed.operators[0]) });
        }
        return verdict;
      } catch (fault) {
        report({ type: 'fault', where: 'judge a message of a peer', why: String(fault) });
        return 'ignore';
      }
    },
  };
};
