/**
 * Fills what an observer did not hear itself: it copies decided history from the nodes that it is connected to, the newest
 * slots first, then backwards, as far as it keeps history; and again what was decided meanwhile, once an epoch.
 *
 * A range counts as complete once f + 1 nodes have told all of it, or all that are connected where they are fewer: of f + 1
 * operators one is honest. Nodes prove nothing to an observer, so this is no more than a good sign, and nothing rests on it:
 * what is stored proves itself, and what is missing is asked of whoever is there. How far it got is remembered across restarts.
 */
import { slotAt } from '../../core/eth2/slots.ts';
import type { CommitteeId, Slot } from '../../core/ids.ts';
import type { Committee } from '../../core/registry/committee.ts';
import type { ConversationPorts } from '../history/conversation.ts';
import { copyRange, type SlotRange } from '../history/copy-history.ts';

/** Slots asked for at once: a day of mainnet. */
const chunkSlots = 7200;
/** The newest slots are still being decided, and written down. */
const settlingSlots = 6;
/** While nobody is connected, or nobody told. ms */
const retryMs = 5_000;
/** So long a start waits for enough nodes to be connected; then it asks those that are. ms */
const patienceMs = 10_000;
const lookMs = 500;
/** Who lied is not asked again for this long. ms */
const lieMs = 10 * 60_000;

/** How far an observer has copied: where both ends are null nothing yet. */
export interface Progress {
  read(committee: CommitteeId): SlotRange | null;
  write(committee: CommitteeId, range: SlotRange): void;
}

export interface KeepUpPorts<Who> extends Omit<ConversationPorts<Who>, 'slashing'> {
  readonly progress: Progress;
  /** The nodes that are connected now. */
  readonly connected: () => readonly Who[];
  readonly nameOf: (who: Who) => string;
}

export interface KeepUpOptions {
  /** Slots of history that are kept. */
  readonly keptSlots: number;
  /** There is no room for older history: what was copied would be dropped again. */
  readonly isFull?: () => boolean;
  readonly paceMs?: number;
}

export interface KeepUpStatus {
  readonly committee: CommitteeId;
  /** Complete from here to there; null before anything was told. */
  readonly complete: SlotRange | null;
  /** Slots up to now that nobody has told us of yet. What was heard meanwhile is stored all the same. */
  readonly behind: number;
  /** Slots before `complete` that are still to be asked for. */
  readonly older: number;
}

export interface KeepUp {
  status(): readonly KeepUpStatus[];
  stop(): void;
}

/**
 * What to ask next: the newest slots once there are `atLeast` of them, then older ones; null where there is nothing to ask.
 */
export const nextRange = (
  complete: SlotRange | null,
  first: Slot,
  last: Slot,
  atLeast: number,
): SlotRange | null => {
  if (last < first) return null;
  if (complete === null || complete.to < first)
    return { from: Math.max(first, last - chunkSlots + 1) as Slot, to: last };
  if (complete.to + atLeast <= last)
    return { from: (complete.to + 1) as Slot, to: Math.min(last, complete.to + chunkSlots) as Slot };
  if (complete.from > first)
    return { from: Math.max(first, complete.from - chunkSlots) as Slot, to: (complete.from - 1) as Slot };
  return null;
};

/** Both in one piece, as `nextRange` asks for them. */
const joined = (complete: SlotRange | null, more: SlotRange): SlotRange =>
  complete === null || more.from > complete.to + 1 || more.to < complete.from - 1
    ? more
    : {
        from: Math.min(complete.from, more.from) as Slot,
        to: Math.max(complete.to, more.to) as Slot,
      };

export const startKeepUp = <Who>(ports: KeepUpPorts<Who>, options: KeepUpOptions): KeepUp => {
  const { network, registry, clock, connected, progress, peers, report } = ports;
  const stopping = new AbortController();
  const startedMs = clock.now();
  const liars = new Map<Who, number>();
  let turn = 0;

  const windowOf = (committee: CommitteeId): { readonly first: Slot; readonly last: Slot } => {
    const last = slotAt(network, clock.now()) - settlingSlots;
    const kept = Math.max(0, last - options.keptSlots);
    const there = progress.read(committee)?.from ?? 0;
    return { first: (options.isFull?.() ? Math.max(kept, there) : kept) as Slot, last: last as Slot };
  };
  const candidates = (): readonly Who[] =>
    connected().filter((who) => clock.now() - (liars.get(who) ?? Number.NEGATIVE_INFINITY) >= lieMs);

  /** True where all of the range was told by enough of those that could be asked. */
  const copy = async (committee: Committee, range: SlotRange): Promise<boolean> => {
    const some = candidates();
    const need = Math.min(committee.faulty + 1, some.length);
    let told = 0;
    turn += 1;
    for (let at = 0; at < some.length && told < need && !stopping.signal.aborted; at++) {
      const who = some[(at + turn) % some.length] as Who;
      const answer = await copyRange(ports, who, committee.id, range, stopping.signal, options.paceMs);
      if (stopping.signal.aborted) return false;
      if (answer.type === 'lie') {
        liars.set(who, clock.now());
        peers.blame(who, answer.why);
      }
      if (answer.type === 'answered') told += 1;
      report({
        type: 'copied',
        committee: committee.id,
        source: ports.nameOf(who),
        ...range,
        outcome: answer.type,
        entries: answer.type === 'answered' ? answer.entries : 0,
        why: answer.type === 'answered' ? '' : answer.why,
      });
    }
    return need > 0 && told >= need;
  };

  const isWorthStarting = (committee: Committee): boolean =>
    connected().length > committee.faulty || (connected().length > 0 && clock.now() > startedMs + patienceMs);

  const keepUpWith = (committee: Committee): void => {
    const again = (delayMs: number): void => {
      clock.at(clock.now() + delayMs, next);
    };
    const next = (): void => {
      if (stopping.signal.aborted) return;
      const { first, last } = windowOf(committee.id);
      const range = nextRange(progress.read(committee.id), first, last, network.slotsPerEpoch);
      if (range === null || !isWorthStarting(committee)) {
        again(range === null ? network.slotMs : lookMs);
        return;
      }
      copy(committee, range)
        .then((isTold) => {
          if (stopping.signal.aborted) return;
          if (isTold) progress.write(committee.id, joined(progress.read(committee.id), range));
          again(isTold ? 0 : retryMs);
        })
        .catch((cause: unknown) => {
          report({ type: 'fault', where: 'copy decided history', why: String(cause) });
          again(retryMs);
        });
    };
    next();
  };
  for (const committee of registry.committees.values()) keepUpWith(committee);

  return {
    status: () =>
      [...registry.committees.keys()].map((committee) => {
        const { first, last } = windowOf(committee);
        const complete = progress.read(committee);
        return {
          committee,
          complete,
          behind: Math.max(0, last - Math.max(complete?.to ?? first - 1, first - 1)),
          older: complete === null ? 0 : Math.max(0, complete.from - first),
        };
      }),
    stop: () => stopping.abort(new Error('stopping')),
  };
};
