/**
 * The duties that run: started by our client or joined because a peer speaks, performed once decided, dropped at their end.
 *
 * One duty is one consensus. For shared duties (attestations, sync messages) it serves every validator of the committee in
 * that slot. A duty keeps the committee it began with.
 */
import type { DutyKey } from '../core/duty/duty.ts';
import { dutyName } from '../core/duty/duty.ts';
import { type DecidedSignable, signableOf } from '../core/duty/value.ts';
import { clockToleranceMs, dutyEndMs } from '../core/duty/window.ts';
import type { Network } from '../core/eth2/network.ts';
import type { SigningRoots } from '../core/eth2/signable.ts';
import type { OperatorId, Slot, ValidatorKey } from '../core/ids.ts';
import type { Committee, Registry, Validator } from '../core/registry/committee.ts';
import type { SlashingItem } from '../core/slashing/item.ts';
import type { SignedMessage } from '../core/wire/signed.ts';
import { type Consensus, createConsensus } from './consensus.ts';
import type { ConsensusPorts, Decision } from './consensus-seams.ts';
import type { HistoryRecorder } from './history/recorder.ts';
import type { Partials } from './partials.ts';
import { createPassive } from './passive.ts';
import type { Clock, Combiner, SlashingProtection } from './ports.ts';
import type { Report } from './report.ts';
import { computeRoots } from './roots.ts';
import { type Shares, slashingItemOf } from './shares.ts';

/**
 * Duties of single validators per slot that one operator may start at this node. Our client's are not counted, nor those of a
 * whole committee, of which there are two in a slot.
 */
const dutiesPerOperator = 128;
/** So long after a peer's partial our client may still ask for the same vote. ms */
const clientGraceMs = 150;

interface Decided {
  readonly signable: DecidedSignable;
  readonly roots: SigningRoots;
}

export interface Duty {
  readonly key: DutyKey;
  readonly committee: Committee;
  readonly endMs: number;
  readonly consensus: Consensus;
  /** What our client asked, by validator. */
  readonly asked: Map<ValidatorKey, DecidedSignable>;
  /** What is signed under the decision, by committee index (0 but for votes before Electra). */
  readonly decided: Map<number, Decided | null>;
  /** Peers have signed for these validators, and our client has not asked. */
  readonly late: Set<Validator>;
}

export interface Duties {
  /** Our client asks; starts the duty or joins it. */
  ask(key: DutyKey, validator: Validator, signable: DecidedSignable): Duty;
  /** The duty of which `from` speaks; null where it may not be started (limit reached or unknown committee). */
  join(key: DutyKey, from: OperatorId): Duty | null;
  find(key: DutyKey): Duty | null;
  /** Resolves once decided; rejects with the signal's reason. */
  decision(duty: Duty, signal: AbortSignal): Promise<Decision>;
  /** A peer's partial of a decided role came in: we may have to sign for a validator that our client did not ask for. */
  consider(key: DutyKey, validator: Validator): void;
  lost(operator: OperatorId): void;
  /** Running duties, for status pages. */
  count(): number;
  stop(): void;
}

export interface DutiesPorts extends ConsensusPorts {
  readonly network: Network;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly slashing: SlashingProtection;
  readonly combiner: Combiner;
  readonly partials: Partials;
  readonly shares: Shares;
  readonly recorder: Pick<HistoryRecorder, 'decided'>;
  readonly verify: (signed: SignedMessage, slot: Slot) => boolean;
  readonly report: Report;
}

/** Names have the committee's id cut short, for people; places have all of it. */
const placeOf = (key: DutyKey): string => `${key.committee}/${dutyName(key)}`;

export const createDuties = (ports: DutiesPorts): Duties => {
  const { network, registry, clock, slashing, shares, partials, report } = ports;
  const running = new Map<string, Duty>();
  const waiting = new Map<string, Set<(decision: Decision) => void>>();
  const startedBy = new Map<Slot, Map<OperatorId, number>>();
  const passive = createPassive(ports);

  const isForbidden = (duty: Duty, value: Uint8Array): boolean => {
    if (duty.asked.size === 0) return false;
    for (const [key, own] of duty.asked) {
      const decided = readDecided(duty, value, own.type === 'attestation' ? own.index : 0);
      if (decided === null) return true;
      const item = slashingItemOf(key, decided.signable, decided.roots.signingRoot);
      if (item === null || !isSlashable(item)) return false;
    }
    return true;
  };

  const isSlashable = (item: SlashingItem): boolean => {
    try {
      return slashing.judge([item])[0]?.type === 'slashable';
    } catch (cause) {
      // What cannot be judged is not agreed to.
      report({ type: 'fault', where: 'read slashing protection', why: String(cause) });
      return true;
    }
  };

  /** False once this operator has started its share of the slot's duties. */
  const mayStart = (key: DutyKey, from: OperatorId): boolean => {
    if (key.validator === null) return true;
    let counts = startedBy.get(key.slot);
    if (counts === undefined) {
      counts = new Map();
      startedBy.set(key.slot, counts);
      clock.at(dutyEndMs(network, 'attestation', key.slot) + 2 * clockToleranceMs, () =>
        startedBy.delete(key.slot),
      );
    }
    const count = counts.get(from) ?? 0;
    counts.set(from, count + 1);
    return count < dutiesPerOperator;
  };

  const readDecided = (duty: Duty, value: Uint8Array, index: number): Decided | null => {
    const signable = signableOf(duty.key, value, index);
    const roots = signable === null ? null : computeRoots(network, signable);
    return signable === null || roots === null ? null : { signable, roots };
  };
  /** The same for all validators of one index: computed once. */
  const decidedOf = (duty: Duty, value: Uint8Array, index: number): Decided | null => {
    const known = duty.decided.get(index);
    if (known !== undefined) return known;
    const decided = readDecided(duty, value, index);
    duty.decided.set(index, decided);
    return decided;
  };

  /** Signs our share of the decided value for a validator that our client asked for, whatever data it asked for. */
  const perform = (duty: Duty, decision: Decision, validator: Validator, own: DecidedSignable): void => {
    const decided = decidedOf(duty, decision.value, own.type === 'attestation' ? own.index : 0);
    if (decided === null) return;
    void shares.sign(validator, decided.signable, decided.roots, duty.key.slot, duty.endMs);
  };

  const onDecided = (duty: Duty, decision: Decision): void => {
    ports.recorder.decided(duty.key, decision.certificate);
    for (const [key, own] of duty.asked) {
      const validator = registry.validators.get(key);
      if (validator !== undefined) perform(duty, decision, validator, own);
    }
    const name = placeOf(duty.key);
    for (const resolve of waiting.get(name) ?? []) resolve(decision);
    waiting.delete(name);
    for (const entry of [...partials.of(duty.key.role, duty.key.slot)])
      considerEntry(duty, decision, entry.validator);
  };

  const considerEntry = (duty: Duty, decision: Decision, validator: Validator): void => {
    if (duty.asked.has(validator.key) || validator.committee !== duty.committee.id) return;
    if (duty.key.validator !== null && duty.key.validator !== validator.key) return;
    // For votes peers' partials are verified first. In a burst our own client's request is on its way: that is cheaper to wait for.
    if (duty.key.role === 'attestation') considerLate(duty, decision, validator);
    else passive.consider(duty, decision.value, validator);
  };
  const considerLate = (duty: Duty, decision: Decision, validator: Validator): void => {
    if (duty.late.size === 0) {
      clock.at(clock.now() + clientGraceMs, () => {
        const late = [...duty.late];
        duty.late.clear();
        for (const one of late) if (!duty.asked.has(one.key)) passive.consider(duty, decision.value, one);
      });
    }
    duty.late.add(validator);
  };

  const end = (duty: Duty): void => {
    const name = dutyName(duty.key);
    running.delete(placeOf(duty.key));
    waiting.delete(placeOf(duty.key));
    if (duty.consensus.decision() === null) {
      report({ type: 'undecided', duty: name, kind: duty.key.role, round: duty.consensus.round() });
    }
    duty.consensus.stop();
  };

  const start = (key: DutyKey, committee: Committee, because: 'request' | 'peer'): Duty => {
    const name = dutyName(key);
    const hooks = {
      onDecided: (decision: Decision) => onDecided(duty, decision),
      forbidden: (value: Uint8Array) => isForbidden(duty, value),
      verify: (signed: SignedMessage) => ports.verify(signed, key.slot),
    };
    const endMs = dutyEndMs(network, key.role, key.slot);
    const duty: Duty = {
      key,
      committee,
      endMs,
      asked: new Map(),
      decided: new Map(),
      late: new Set(),
      consensus: createConsensus(ports, key, committee, hooks),
    };
    running.set(placeOf(key), duty);
    // Past the last moment at which a peer's message of it is let in, or such a message would start it anew.
    clock.at(endMs + 2 * clockToleranceMs, () => end(duty));
    report({ type: 'joined', duty: name, because });
    return duty;
  };

  return {
    ask: (key, validator, signable) => {
      const committee = registry.committees.get(key.committee);
      if (committee === undefined) throw new Error(`validator ${validator.key} names an unknown committee`);
      const duty = running.get(placeOf(key)) ?? start(key, committee, 'request');
      if (!duty.asked.has(validator.key)) {
        duty.asked.set(validator.key, signable);
        const decision = duty.consensus.decision();
        if (decision === null) duty.consensus.offer(signable);
        else perform(duty, decision, validator, signable);
      }
      return duty;
    },
    join: (key, from) => {
      const known = running.get(placeOf(key));
      if (known !== undefined) return known;
      const committee = registry.committees.get(key.committee);
      return committee === undefined || !mayStart(key, from) ? null : start(key, committee, 'peer');
    },
    find: (key) => running.get(placeOf(key)) ?? null,
    decision: (duty, signal) => {
      const decision = duty.consensus.decision();
      if (decision !== null) return Promise.resolve(decision);
      return new Promise((resolve, reject) => {
        const name = placeOf(duty.key);
        const all = waiting.get(name) ?? new Set();
        waiting.set(name, all);
        const onAbort = (): void => {
          all.delete(done);
          reject(signal.reason);
        };
        const done = (result: Decision): void => {
          signal.removeEventListener('abort', onAbort);
          resolve(result);
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        all.add(done);
      });
    },
    consider: (key, validator) => {
      const duty = running.get(placeOf(key));
      const decision = duty?.consensus.decision() ?? null;
      if (duty !== undefined && decision !== null) considerEntry(duty, decision, validator);
    },
    lost: (operator) => {
      for (const duty of running.values()) duty.consensus.lost(operator);
    },
    count: () => running.size,
    stop: () => {
      for (const duty of running.values()) duty.consensus.stop();
      running.clear();
      waiting.clear();
    },
  };
};
