/**
 * Catching up: asks the other operators what was decided and signed, and opens the gate once enough have told.
 *
 * The rule is core/history/caught-up.ts. Validators catch up in groups: those that a committee has when the node starts, which
 * the gate of the committee waits for, and those that come later by a reload, or are in nobody's memory here although the
 * database goes on where it stopped; the gate is closed for such newcomers alone. What a group was made of when it was made
 * decides how it catches up, so a group is made before anything is folded for its validators.
 */

import { epochOf, slotAt, slotStartMs, startSlotOf } from '../../core/eth2/slots.ts';
import {
  type Floor,
  type Memory,
  type Standing,
  settledFrom,
  standingOf,
} from '../../core/history/caught-up.ts';
import type { Entry } from '../../core/history/entry.ts';
import { validatorsMax } from '../../core/history/messages.ts';
import type { CommitteeId, Epoch, OperatorId, Slot, ValidatorKey } from '../../core/ids.ts';
import type { Committee } from '../../core/registry/committee.ts';
import type { OperatorKeys } from '../ports.ts';
import { type AskingPorts, askOperator } from './ask-operator.ts';
import { type Continuity, keepMark, type SlashingMemory } from './continuity.ts';
import { type Questions, takeOver } from './conversation.ts';
import type { ControlledGate } from './gate.ts';
import type { SlashingFold } from './ports.ts';

/** Epochs before the asking, or before the newest vote of a recent database, of which every vote is asked. */
const epochsAsked = 4;

export interface CatchUpPorts extends AskingPorts {
  readonly keys: OperatorKeys;
  readonly gate: ControlledGate;
  readonly slashing: SlashingFold & SlashingMemory;
  readonly continuity: Continuity;
}

export interface CatchUpOptions {
  readonly memory: Memory;
  /** The operator takes responsibility: sign at once. Peers are asked all the same. */
  readonly skip: boolean;
}

export interface CatchUpStatus {
  readonly committee: CommitteeId;
  readonly standing: Standing;
}

export interface CatchUp {
  /** Of each committee, newcomers left out. */
  status(): readonly CatchUpStatus[];
  /** The registry has changed: new committees and validators begin to catch up. */
  refresh(): void;
  stop(): void;
}

/** Validators of one committee that catch up together. */
interface Group {
  readonly committee: CommitteeId;
  readonly isNewcomers: boolean;
  readonly validators: readonly ValidatorKey[];
  readonly memory: Memory;
  readonly answered: Set<OperatorId>;
  readonly settled: Set<OperatorId>;
  hasPast: boolean;
  hasFloor: boolean;
  told: string;
}

export const startCatchUp = (ports: CatchUpPorts, options: CatchUpOptions): CatchUp => {
  const { network, registry, clock, keys, gate, log, slashing, continuity, report } = ports;
  const stopping = new AbortController();
  const startSlot = slotAt(network, clock.now());
  const newestTarget = slashing.newestTarget();
  const groups: Group[] = [];
  const grouped = new Set<string>();

  const standing = (committee: Committee, group: Group): Standing =>
    standingOf(network, { ...group, committee, self: keys.self, startSlot });
  const isWhole = (): boolean =>
    groups.every((group) => {
      const committee = registry.committees.get(group.committee);
      return committee === undefined || standing(committee, group).type === 'caught-up';
    });
  const renewMark = keepMark(ports, isWhole, stopping.signal);

  const raiseFloor = (group: Group, floor: Floor): void => {
    if (group.hasFloor) return;
    // A database that was lost was lost for all; one that goes on may still lack some.
    if (options.memory === 'recent') {
      continuity.raiseFloors(group.validators, floor);
      for (const key of group.validators) gate.setFloor(floor, key);
    } else {
      log.raiseFloor(floor);
      gate.setFloor(floor);
    }
    group.hasFloor = true;
  };
  const moveGate = (group: Group, now: Standing): void => {
    const why = now.type === 'caught-up' || options.skip ? null : whyOf(now);
    if (group.isNewcomers) gate.setValidators(group.committee, group.validators, why);
    else gate.setCommittee(group.committee, why);
  };
  /** Whatever was learned: tells it, and moves the gate, after the floor. */
  const judge = (committee: Committee, group: Group): void => {
    const now = standing(committee, group);
    const isDone = now.type === 'caught-up';
    if (isDone && now.floor !== null) raiseFloor(group, now.floor);
    moveGate(group, now);
    const name = isDone ? now.type : `${now.type} ${now.have}`;
    if (name === group.told) return;
    group.told = name;
    if (isDone) renewMark();
    report({
      type: 'catch-up',
      committee: committee.id,
      state: now.type,
      have: isDone ? committee.quorum : now.have,
      need: committee.quorum,
      missing: isDone ? [] : now.missing,
      floor: isDone ? (now.floor?.epoch ?? null) : null,
      newcomers: group.isNewcomers ? group.validators.length : 0,
    });
  };

  /** What was decided since the start, with us or without, is not the past of this node. */
  const notePast = (group: Group, entries: readonly Entry[]): void => {
    if (entries.some(({ certificate }) => certificate.duty.slot <= startSlot)) group.hasPast = true;
  };
  const questionsFor = (group: Group): Questions | null => {
    const committee = registry.committees.get(group.committee);
    if (committee === undefined) return null;
    const current = epochOf(network, slotAt(network, clock.now()));
    const isLate = current > epochOf(network, startSlot) + epochsAsked;
    // One that was away for long is not asked for the sake of completeness alone.
    if (isLate && standing(committee, group).type === 'caught-up') return null;
    // Nothing after the start is forgotten. Of a database that ends long ago, what is in the gap lies below the floor, and
    // under the newest of it.
    const from = group.isNewcomers ? current : Math.min(newestTarget ?? current, current);
    const recent = Math.max(from, current - epochsAsked) - epochsAsked;
    const since = startSlotOf(network, Math.max(0, recent) as Epoch);
    const validators = group.validators.filter((key) => registry.validators.has(key));
    return { committee, validators, since };
  };
  const ask = (committee: Committee, group: Group, operator: OperatorId): void =>
    askOperator(
      ports,
      operator,
      {
        questions: () => questionsFor(group),
        heard: (entries) => notePast(group, entries),
        answered: (beganMs) => {
          const isSettled = slotAt(network, beganMs) >= settledFrom(startSlot);
          group.answered.add(operator);
          if (isSettled) group.settled.add(operator);
          judge(committee, group);
          return isSettled || group.memory === 'recent' ? null : slotStartMs(network, settledFrom(startSlot));
        },
      },
      stopping.signal,
    );

  /** Our own log may have outlived our slashing database. */
  const foldOwn = (group: Group): void => {
    for (let at = 0; at < group.validators.length; at += validatorsMax) {
      const bare = { committee: group.committee, from: 0 as Slot, to: 0 as Slot, after: null };
      const validators = group.validators.slice(at, at + validatorsMax);
      const { entries } = log.page({ ...bare, kind: 'newest', validators }, Number.MAX_SAFE_INTEGER);
      notePast(group, entries);
      takeOver(ports, entries);
    }
  };

  const start = (
    committee: Committee,
    made: Pick<Group, 'isNewcomers' | 'validators' | 'memory' | 'hasPast'>,
  ): void => {
    const more = { committee: committee.id, answered: new Set<OperatorId>(), settled: new Set<OperatorId>() };
    const group: Group = { ...made, ...more, hasFloor: false, told: '' };
    groups.push(group);
    // Before the folding, after which the database looks as if it had always known.
    if (group.memory !== 'recent' && continuity.mark() !== null) continuity.setMark(null);
    foldOwn(group);
    judge(committee, group);
    for (const operator of committee.operators) if (operator !== keys.self) ask(committee, group, operator);
  };

  const begin = (): void => {
    const remembered = slashing.remembered();
    for (const committee of registry.committees.values()) {
      if (!committee.operators.includes(keys.self)) continue;
      const isKnown = groups.some((group) => group.committee === committee.id);
      const fresh = ownValidators(committee.id).filter((key) => !grouped.has(`${committee.id}/${key}`));
      const known = fresh.filter((key) => remembered.has(key));
      // In a database that goes on where it stopped, whoever has no record is new to it, or was lost with an earlier one.
      const strangers = options.memory === 'recent' ? fresh.filter((key) => !remembered.has(key)) : [];
      const others = options.memory === 'recent' ? known : fresh;
      for (const key of fresh) grouped.add(`${committee.id}/${key}`);
      const hasPast = known.length > 0;
      const isAllNew = others.length === 0 && strangers.length > 0;
      if (!isKnown) {
        // Not newcomers to a committee, where the committee is all newcomers.
        const first = isAllNew
          ? { validators: strangers, memory: 'new' as const }
          : { validators: others, memory: options.memory };
        gate.setValidators(committee.id, first.validators, null);
        start(committee, { ...first, isNewcomers: false, hasPast });
        if (isAllNew) continue;
      } else if (others.length > 0)
        start(committee, { validators: others, memory: options.memory, isNewcomers: true, hasPast });
      if (strangers.length > 0)
        start(committee, { validators: strangers, memory: 'new', isNewcomers: true, hasPast: false });
    }
  };
  const ownValidators = (committee: CommitteeId): readonly ValidatorKey[] =>
    [...registry.validators.values()]
      .filter((validator) => validator.committee === committee && validator.shares.has(keys.self))
      .map(({ key }) => key);

  const floor = log.floor();
  if (floor !== null) gate.setFloor(floor);
  for (const [key, own] of continuity.validatorFloors()) gate.setFloor(own, key);
  begin();
  return {
    status: () =>
      groups.flatMap((group) => {
        const committee = registry.committees.get(group.committee);
        if (committee === undefined || group.isNewcomers) return [];
        return [{ committee: committee.id, standing: standing(committee, group) }];
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
