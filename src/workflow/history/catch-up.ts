/**
 * Catching up after a start: asks the other operators what was decided and signed, and opens the gate once enough have told.
 *
 * The rule is core/history/caught-up.ts; here are the asking, again and again until every operator has answered, and what it
 * leads to. A node with a recent database asks as well: it costs one round trip, and nobody can sign anything before a quorum
 * is connected anyway.
 */

import { epochOf, slotAt, slotStartMs, startSlotOf } from '../../core/eth2/slots.ts';
import {
  type Floor,
  type Known,
  type Memory,
  type Standing,
  settledFrom,
  standingOf,
} from '../../core/history/caught-up.ts';
import type { Entry } from '../../core/history/entry.ts';
import { validatorsMax } from '../../core/history/messages.ts';
import type { CommitteeId, Epoch, OperatorId, Slot, ValidatorKey } from '../../core/ids.ts';
import type { Committee } from '../../core/registry/committee.ts';
import type { Clock, OperatorKeys, Peers } from '../ports.ts';
import { type ConversationPorts, converse, type Questions, requestsOf, takeOver } from './conversation.ts';
import type { ControlledGate } from './gate.ts';

/** An operator that is not connected, or was just connected, is tried again after this. ms */
const retryMs = 250;
/** One that failed or was busy, at most: the first times it may just be starting. One that lied. ms */
const failedRetryMsMax = 4_000;
const liedRetryMs = 60_000;
/** A conversation may take this long. ms */
const conversationMs = 60_000;
/** Epochs before the start, or before the newest vote of a recent database, of which every vote is asked. */
const epochsAsked = 4;

export interface CatchUpPorts extends ConversationPorts {
  readonly clock: Clock;
  readonly keys: OperatorKeys;
  readonly connected: Peers;
  readonly gate: ControlledGate;
}

export interface CatchUpOptions {
  readonly memory: Memory;
  /** The newest vote that slashing protection holds, null for none. */
  readonly newestTarget: Epoch | null;
  /** The operator takes responsibility: sign at once. Peers are asked all the same. */
  readonly skip: boolean;
}

export interface CatchUpStatus {
  readonly committee: CommitteeId;
  readonly standing: Standing;
}

export interface CatchUp {
  status(): readonly CatchUpStatus[];
  /** The registry has changed: new committees begin to catch up. */
  refresh(): void;
  stop(): void;
}

interface Asked {
  readonly answered: Set<OperatorId>;
  readonly settled: Set<OperatorId>;
  hasPast: boolean;
  told: string;
}

export const startCatchUp = (ports: CatchUpPorts, options: CatchUpOptions): CatchUp => {
  const { network, registry, clock, keys, connected, gate, log, report } = ports;
  const stopping = new AbortController();
  const startSlot = slotAt(network, clock.now());
  const asked = new Map<CommitteeId, Asked>();

  const validatorsOf = (committee: CommitteeId): readonly ValidatorKey[] =>
    [...registry.validators.values()]
      .filter((validator) => validator.committee === committee && validator.shares.has(keys.self))
      .map(({ key }) => key);
  const sinceSlot = (): Slot => {
    const current = epochOf(network, startSlot);
    const from = Math.min(options.newestTarget ?? current, current);
    // Of a database that ends long ago, what is in the gap lies below the floor: the newest of it is enough.
    const recent = Math.max(from, current - epochsAsked) - epochsAsked;
    return startSlotOf(network, Math.max(0, recent) as Epoch);
  };
  const standing = (committee: Committee, state: Asked): Standing => {
    const known: Known = { committee, self: keys.self, memory: options.memory, startSlot, ...state };
    return standingOf(network, known);
  };

  let isRaised = false;
  const raiseFloor = (floor: Floor): void => {
    if (isRaised) return;
    log.raiseFloor(floor);
    gate.setFloor(floor);
    isRaised = true;
  };
  /** Whatever was learned: tells it, and moves the gate. */
  const judge = (committee: Committee, state: Asked): void => {
    const now = standing(committee, state);
    const isOpen = now.type === 'caught-up' || options.skip;
    if (now.type === 'caught-up' && now.floor !== null) raiseFloor(now.floor);
    gate.set(committee.id, isOpen ? null : whyOf(now));
    const name = now.type === 'caught-up' ? now.type : `${now.type} ${now.have}`;
    if (name === state.told) return;
    state.told = name;
    report({
      type: 'catch-up',
      committee: committee.id,
      state: now.type,
      have: now.type === 'caught-up' ? committee.quorum : now.have,
      need: committee.quorum,
      missing: now.type === 'caught-up' ? [] : now.missing,
      floor: now.type === 'caught-up' ? (now.floor?.epoch ?? null) : null,
    });
  };

  const askUntilAnswered = (committee: Committee, state: Asked, operator: OperatorId): void => {
    let failures = 0;
    const failedRetryMs = (): number => Math.min(failedRetryMsMax, retryMs * 2 ** Math.min(failures, 10));
    const again = (delayMs: number): void => {
      clock.at(clock.now() + delayMs, ask);
    };
    const ask = (): void => {
      if (stopping.signal.aborted || registry.committees.get(committee.id) === undefined) return;
      if (!connected.isConnected(operator)) {
        again(retryMs);
        return;
      }
      const timeout = new AbortController();
      const cancel = clock.at(clock.now() + conversationMs, () => timeout.abort(new Error('too slow')));
      const isSettled = slotAt(network, clock.now()) >= settledFrom(startSlot);
      const questions: Questions = { committee, validators: validatorsOf(committee.id), since: sinceSlot() };
      const signal = AbortSignal.any([stopping.signal, timeout.signal]);
      const watched = { ...ports, log: { ...log, store: (entries: readonly Entry[]) => note(entries) } };
      const note = (entries: readonly Entry[]): void => {
        notePast(state, entries);
        log.store(entries);
      };
      converse(watched, operator, requestsOf(questions), signal)
        .then((answer) => {
          if (stopping.signal.aborted) return;
          if (answer.type === 'lie') ports.peers.blame(operator, answer.why);
          report({
            type: 'history-answer',
            from: operator,
            outcome: answer.type,
            entries: answer.type === 'answered' ? answer.entries : 0,
            why: answer.type === 'answered' ? '' : answer.why,
          });
          if (answer.type !== 'answered') {
            failures += 1;
            again(answer.type === 'lie' ? liedRetryMs : failedRetryMs());
            return;
          }
          state.answered.add(operator);
          if (isSettled) state.settled.add(operator);
          judge(committee, state);
          if (!isSettled && options.memory !== 'recent')
            clock.at(Math.max(clock.now(), slotStartMs(network, settledFrom(startSlot))), ask);
        })
        .catch((cause) => {
          report({ type: 'fault', where: 'catch up on decided history', why: String(cause) });
          failures += 1;
          again(failedRetryMs());
        })
        .finally(cancel);
    };
    ask();
  };

  /** What was decided since the start, with us or without, is not the past of this node. */
  const notePast = (state: Asked, entries: readonly Entry[]): void => {
    if (entries.some(({ certificate }) => certificate.duty.slot <= startSlot)) state.hasPast = true;
  };

  /** Our own log may have outlived our slashing database. */
  const foldOwn = (committee: Committee, state: Asked): void => {
    const validators = validatorsOf(committee.id);
    for (let at = 0; at < validators.length; at += validatorsMax) {
      const some = validators.slice(at, at + validatorsMax);
      const request = {
        committee: committee.id,
        from: 0 as Slot,
        to: 0 as Slot,
        validators: some,
        after: null,
      };
      const { entries } = log.page({ ...request, kind: 'newest' }, Number.MAX_SAFE_INTEGER);
      notePast(state, entries);
      takeOver(ports, entries);
    }
  };

  const begin = (): void => {
    for (const committee of registry.committees.values()) {
      if (asked.has(committee.id) || !committee.operators.includes(keys.self)) continue;
      const state: Asked = {
        answered: new Set(),
        settled: new Set(),
        hasPast: options.newestTarget !== null,
        told: '',
      };
      asked.set(committee.id, state);
      foldOwn(committee, state);
      judge(committee, state);
      for (const operator of committee.operators)
        if (operator !== keys.self) askUntilAnswered(committee, state, operator);
    }
  };

  const floor = log.floor();
  if (floor !== null) gate.setFloor(floor);
  begin();
  return {
    status: () =>
      [...asked].flatMap(([id, state]) => {
        const committee = registry.committees.get(id);
        return committee === undefined ? [] : [{ committee: id, standing: standing(committee, state) }];
      }),
    refresh: begin,
    stop: () => stopping.abort(new Error('stopping')),
  };
};

/** Why nothing slashable is signed, for an operator to read. */
export const whyOf = (standing: Standing): string | null => {
  if (standing.type === 'caught-up') return null;
  const heard = `${standing.have} of ${standing.need} operators heard, missing ${standing.missing.join(', ')}`;
  return standing.type === 'asking'
    ? `catching up on what was signed before: ${heard}; connect them, or give --catch-up skip if this operator has never signed elsewhere`
    : `waiting until what was signed before the start is settled, then asking again: ${heard}`;
};
