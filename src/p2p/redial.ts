/**
 * Keeps us connected: dials every operator of our committees that is not connected, for ever.
 *
 * libp2p never dials again on its own, and its keep-alive tags give up after five tries. Waits 2 to 5 s between rounds,
 * growing to 15 s, jittered, so that a cluster which restarts together does not dial in step. Who answers is hello's to say.
 *
 * Who cannot be reached may have told another operator where it is since we met that one: two that greet a third at the same
 * time hear nothing of each other. So those who are connected are asked again, now and then, for as long as someone is missing.
 *
 * Every ten minutes all are greeted anew: cluster files, addresses and clocks change while connections last for weeks.
 *
 * The own operator's addresses are dialled too, once a minute: what answers there should be ourselves; another node with
 * our key is a twin, and is found even while no other operator is up.
 */
import type { Connection } from '@libp2p/interface';
import type { OperatorId } from '../core/ids.ts';
import type { Report } from '../workflow/report.ts';
import { type AddressBook, parseAddress, peerOf } from './address-book.ts';
import { type Greeter, troubleOf } from './greeter.ts';
import type { Host } from './host.ts';
import type { PeerTable } from './peers.ts';

export interface RedialTiming {
  /** Bounds of the first wait, and of all waits, in ms. */
  readonly minMs: number;
  readonly maxMs: number;
  readonly capMs: number;
  readonly dialTimeoutMs: number;
  readonly selfCheckMs: number;
  /** A connected operator is asked for news no sooner than this after the last time, twice as long each time, to the cap. */
  readonly askMs: number;
  readonly askCapMs: number;
  readonly greetAgainMs: number;
}

export const redialTiming: RedialTiming = {
  minMs: 2_000,
  maxMs: 5_000,
  capMs: 15_000,
  dialTimeoutMs: 8_000,
  selfCheckMs: 60_000,
  // Hello may begin six times a minute on one connection, and twins need two of these.
  askMs: 15_000,
  askCapMs: 300_000,
  greetAgainMs: 600_000,
};

export interface RedialConfig {
  readonly host: Host;
  readonly self: OperatorId;
  readonly greeter: Greeter;
  readonly table: PeerTable;
  readonly book: AddressBook;
  readonly fellows: () => readonly OperatorId[];
  readonly report: Report;
  readonly timing: RedialTiming;
  readonly signal: AbortSignal;
}

export interface Redial extends Disposable {
  /** Dials whoever is missing, now. */
  wake(): void;
}

/** The wait before the next try, in ms: grows by half with each failure; plus or minus a quarter at the cap. */
export const waitMs = (failures: number, timing: RedialTiming, chance: number): number => {
  const first = timing.minMs + chance * (timing.maxMs - timing.minMs);
  const grown = first * 1.5 ** Math.min(failures, 20);
  return Math.min(grown, timing.capMs * (0.75 + 0.25 * chance));
};

/** Every try is reported where the reason is new, then every twentieth. */
const createFailureTeller = (report: Report) => {
  const last = new Map<string, { why: string; count: number }>();
  return (operator: OperatorId, address: string, why: string): void => {
    const key = `${operator} ${address}`;
    const seen = last.get(key);
    const count = seen?.why === why ? seen.count + 1 : 0;
    // Learned addresses come and go; the reasons kept for them must not pile up.
    if (last.size > 1024) last.clear();
    last.set(key, { why, count });
    if (count % 20 === 0) report({ type: 'peer-dial-failed', operator, address, why });
  };
};

/** Asks connected operators whether they have heard of those who are missing. */
const createInquiry = ({ greeter, table, fellows, timing }: RedialConfig) => {
  const asked = new WeakMap<Connection, { readonly at: number; readonly count: number }>();
  const connections = (): readonly Connection[] =>
    fellows().flatMap((fellow) => table.connectionsOf(fellow).at(-1)?.connection ?? []);

  const isDue = (connection: Connection): boolean => {
    const last = asked.get(connection);
    if (last === undefined) return true;
    const wait = Math.min(timing.askMs * 2 ** Math.min(last.count - 1, 20), timing.askCapMs);
    return performance.now() - last.at >= wait;
  };

  return {
    /** Those who have not been asked for a while, or all. */
    async ask(whom: 'due' | 'all' = 'due'): Promise<void> {
      const due = connections().filter((connection) => whom === 'all' || isDue(connection));
      for (const connection of due)
        asked.set(connection, { at: performance.now(), count: (asked.get(connection)?.count ?? 0) + 1 });
      await Promise.all(due.map(greeter.ask));
    },
    /** Someone came: who is still missing is asked for as often as at first. */
    refresh(): void {
      for (const connection of connections()) {
        const last = asked.get(connection);
        if (last !== undefined) asked.set(connection, { at: last.at, count: 1 });
      }
    },
  };
};

export const createRedial = (config: RedialConfig): Redial => {
  const { host, table, book, timing } = config;
  const failures = new Map<OperatorId, number>();
  const timers = new Map<OperatorId, NodeJS.Timeout>();
  const dialing = new Set<OperatorId>();
  const inquiry = createInquiry(config);
  const tell = createFailureTeller(config.report);
  const ownPeer = host.peerId.toString();

  /** Null where that operator answered at `text`; else why not. */
  const tryAddress = async (operator: OperatorId, text: string): Promise<string | null> => {
    const address = parseAddress(text);
    if (address === null) return 'not a multiaddr: correct it in the cluster file';
    if (peerOf(address) === ownPeer) return operator === config.self ? null : 'this is our own peer id';
    try {
      const signal = AbortSignal.any([config.signal, AbortSignal.timeout(timing.dialTimeoutMs)]);
      const connection = await host.dial(address, { signal });
      const outcome = await config.greeter.greet(connection);
      if (outcome.type === 'greeted' && outcome.operator !== operator)
        return `operator ${outcome.operator} answers there`;
      return troubleOf(outcome);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  const attempt = async (operator: OperatorId, addresses: readonly string[]): Promise<void> => {
    for (const address of addresses) {
      if (config.signal.aborted || (operator !== config.self && table.isConnected(operator))) return;
      const why = await tryAddress(operator, address);
      // Nothing of ours need answer at our own addresses, and we cannot be dialled by ourselves.
      if (operator === config.self || config.signal.aborted) continue;
      if (why === null) return;
      table.noteError(operator, `${address}: ${why}`);
      tell(operator, address, why);
    }
  };

  const plan = (operator: OperatorId, delayMs: number): void => {
    clearTimeout(timers.get(operator));
    if (config.signal.aborted) return;
    timers.set(operator, setTimeout(() => void round(operator), delayMs).unref());
  };

  const round = async (operator: OperatorId): Promise<void> => {
    timers.delete(operator);
    const isSelf = operator === config.self;
    if (dialing.has(operator) || !(isSelf || config.fellows().includes(operator))) return;
    if (!isSelf && table.isConnected(operator)) return;
    dialing.add(operator);
    try {
      const known = book.addressesOf(operator);
      await attempt(operator, known);
      if (!isSelf && !table.isConnected(operator)) {
        await inquiry.ask();
        await attempt(
          operator,
          book.addressesOf(operator).filter((address) => !known.includes(address)),
        );
      }
    } finally {
      dialing.delete(operator);
    }
    if (isSelf) return plan(operator, timing.selfCheckMs);
    if (table.isConnected(operator)) return;
    const count = failures.get(operator) ?? 0;
    failures.set(operator, count + 1);
    plan(operator, waitMs(count, timing, Math.random()));
  };

  /** A little apart, so that both sides of a pair seldom dial at once. */
  const wakeFellows = (): void => {
    for (const operator of config.fellows()) {
      if (!table.isConnected(operator)) plan(operator, Math.random() * Math.min(300, timing.minMs));
    }
  };
  // Who has come knows addresses of others, perhaps newer than ours.
  table.onFound((operator) => {
    failures.delete(operator);
    inquiry.refresh();
    wakeFellows();
  });
  const again = setInterval(() => void inquiry.ask('all'), timing.greetAgainMs).unref();
  table.onLost((operator) => plan(operator, Math.random() * Math.min(500, timing.minMs)));

  return {
    wake() {
      wakeFellows();
      plan(config.self, Math.random() * Math.min(300, timing.minMs));
    },
    [Symbol.dispose]() {
      clearInterval(again);
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
};
