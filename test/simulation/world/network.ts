/**
 * A gossip network of operators in virtual time: delay, jitter, loss, duplication, partitions, crashed members.
 */
import type { CommitteeId, OperatorId } from '../../../src/core/ids.ts';
import type { Gossip, Peers, Verdict } from '../../../src/workflow/ports.ts';
import { nothingHappened, type VirtualClock } from '../../fakes/clock.ts';
import type { Random } from '../../fakes/random.ts';

export interface Weather {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplicate: number;
}

/** How late a message is passed on that is not urgent: real nodes hold it for 60 to 200 (p2p/gossip.ts). ms */
const passOnMs = 200;

export const calm: Weather = { delayMs: 5, jitterMs: 5, loss: 0, duplicate: 0 };

/** What a Byzantine operator makes of a message it would send: per receiver, the bytes it gets (none: withheld). */
export type Tamper = (message: Uint8Array, to: OperatorId) => readonly Uint8Array[];

export interface SimNetwork {
  gossipOf(operator: OperatorId): Gossip;
  peersOf(operator: OperatorId): Peers;
  /** Sends raw bytes as this operator to one other. */
  inject(from: OperatorId, to: OperatorId, message: Uint8Array): void;
  setWeather(weather: Weather): void;
  /** Members of different groups do not hear each other; no groups: all do. */
  partition(groups: readonly (readonly OperatorId[])[]): void;
  /** The link between these two is down, and both know; the others pass on what they say. */
  cut(a: OperatorId, b: OperatorId): void;
  crash(operator: OperatorId): void;
  restore(operator: OperatorId): void;
  tamper(operator: OperatorId, tamper: Tamper): void;
  /** Every message as published by honest members, for monitors. */
  onPublish(watch: (from: OperatorId, message: Uint8Array) => void): void;
  /** Every message as it goes onto a link, tampered ones included. */
  onSend(watch: (message: Uint8Array) => void): void;
  /** Every verdict of a receiver. */
  onVerdict(watch: (to: OperatorId, verdict: Verdict) => void): void;
  /** Verdicts that were `reject`, by sender of the bytes: honest operators must never be rejected. */
  readonly rejected: Map<OperatorId, number>;
}

export const createNetwork = (
  clock: VirtualClock,
  random: Random,
  operators: readonly OperatorId[],
): SimNetwork => {
  const handlers = new Map<OperatorId, (message: Uint8Array) => Verdict>();
  const lostWatchers = new Map<OperatorId, ((operator: OperatorId) => void)[]>();
  const since = new Map<OperatorId, number>(operators.map((operator) => [operator, clock.now()]));
  const down = new Set<OperatorId>();
  const tampers = new Map<OperatorId, Tamper>();
  const watchers: ((from: OperatorId, message: Uint8Array) => void)[] = [];
  const sendWatchers: ((message: Uint8Array) => void)[] = [];
  const verdictWatchers: ((to: OperatorId, verdict: Verdict) => void)[] = [];
  const rejected = new Map<OperatorId, number>();
  const seen = new Map<OperatorId, Set<string>>();
  // A message is one object on all its ways, so its name is computed once.
  const names = new WeakMap<Uint8Array, string>();
  const nameOf = (message: Uint8Array): string => {
    const known = names.get(message) ?? Buffer.from(message).toString('latin1');
    names.set(message, known);
    return known;
  };
  let weather = calm;
  let groups: readonly (readonly OperatorId[])[] = [];

  const linkOf = (a: OperatorId, b: OperatorId): string => `${Math.min(a, b)}/${Math.max(a, b)}`;
  const cuts = new Set<string>();
  const areApart = (a: OperatorId, b: OperatorId): boolean =>
    cuts.has(linkOf(a, b)) ||
    (groups.length > 0 && !groups.some((group) => group.includes(a) && group.includes(b)));

  const deliver = (from: OperatorId, to: OperatorId, message: Uint8Array, heldMs = 0): void => {
    if (random.chance(weather.loss)) return;
    const delay = heldMs + weather.delayMs + random.next() * weather.jitterMs;
    clock.at(clock.now() + delay, () => {
      if (down.has(to) || down.has(from) || areApart(from, to)) return nothingHappened;
      // Gossip judges one message once, and forwards what was accepted: whoever passed it on answers for it.
      const name = nameOf(message);
      const known = seen.get(to) ?? new Set<string>();
      seen.set(to, known);
      if (known.has(name)) return nothingHappened;
      known.add(name);
      const verdict = handlers.get(to)?.(message);
      if (verdict !== undefined) for (const watch of verdictWatchers) watch(to, verdict);
      if (verdict === 'reject') rejected.set(from, (rejected.get(from) ?? 0) + 1);
      if (verdict !== 'accept' && verdict !== 'urgent') return undefined;
      const heldMs = verdict === 'urgent' ? 0 : passOnMs;
      for (const next of operators) if (next !== to && next !== from) deliver(to, next, message, heldMs);
      return undefined;
    });
  };
  const send = (from: OperatorId, to: OperatorId, message: Uint8Array): void => {
    for (const watch of sendWatchers) watch(message);
    deliver(from, to, message);
    if (random.chance(weather.duplicate)) deliver(from, to, message);
  };

  return {
    rejected,
    gossipOf: (operator) => ({
      publish: (_committee: CommitteeId, message) => {
        if (down.has(operator)) return;
        for (const watch of watchers) watch(operator, message);
        const tamper = tampers.get(operator);
        for (const to of operators) {
          if (to === operator) continue;
          for (const bytes of tamper === undefined ? [message] : tamper(message, to))
            send(operator, to, bytes);
        }
      },
      listen: (handle) => handlers.set(operator, handle),
    }),
    peersOf: (operator) => ({
      isConnected: (other) => !down.has(other) && !cuts.has(linkOf(operator, other)),
      connectedSinceMs: (other) =>
        down.has(other) || cuts.has(linkOf(operator, other))
          ? null
          : Math.max(since.get(other) ?? 0, since.get(operator) ?? 0),
      onLost: (task) => lostWatchers.set(operator, [...(lostWatchers.get(operator) ?? []), task]),
    }),
    inject: send,
    setWeather: (next) => {
      weather = next;
    },
    partition: (next) => {
      groups = next;
    },
    cut: (a, b) => {
      cuts.add(linkOf(a, b));
    },
    crash: (operator) => {
      down.add(operator);
      seen.delete(operator);
      handlers.delete(operator);
      lostWatchers.delete(operator);
      // A closed socket is noticed at once.
      clock.at(clock.now() + 1, () => {
        for (const tasks of lostWatchers.values()) for (const task of tasks) task(operator);
      });
    },
    restore: (operator) => {
      down.delete(operator);
      since.set(operator, clock.now());
    },
    tamper: (operator, tamper) => tampers.set(operator, tamper),
    onPublish: (watch) => watchers.push(watch),
    onVerdict: (watch) => verdictWatchers.push(watch),
    onSend: (watch) => sendWatchers.push(watch),
  };
};
