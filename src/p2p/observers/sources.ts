/**
 * Keeps an observer connected to the nodes that it listens to and asks: the operators of the cluster file and other observers
 * that it was told of. Dials whoever is missing, for ever, with the waits of redial.ts.
 *
 * An operator proves nothing to an observer. A peer id at the end of an address is proven by the connection itself; apart from
 * that, who answers at an operator's address is taken for it, and what that peer tells has to prove itself.
 */
import type { Connection } from '@libp2p/interface';
import type { OperatorId } from '../../core/ids.ts';
import type { Report } from '../../workflow/report.ts';
import { parseAddress, peerOf } from '../address-book.ts';
import type { Host } from '../host.ts';
import { type RedialTiming, waitMs } from '../redial.ts';
import { type GreetingRefusal, greet, observeProtocol, type Welcome } from './greeting.ts';

export interface Source {
  /** `operator 3`, or an address. */
  readonly name: string;
  /** Who should answer there; null: another observer, or whoever it is. */
  readonly operator: OperatorId | null;
  readonly addresses: readonly string[];
}

export interface SourcesConfig {
  readonly host: Host;
  /** 0x-hex. */
  readonly domain: string;
  readonly sources: readonly Source[];
  readonly report: Report;
  readonly timing: RedialTiming;
  readonly signal: AbortSignal;
}

export interface Sources extends Disposable {
  /** The open connection to a source, null where there is none. */
  connectionTo(source: Source): Connection | null;
  connections(): readonly Connection[];
  /** The name of the source behind a connection. */
  nameOf(connection: Connection): string | null;
  /** Why the last try failed; null while connected, or before the first. */
  lastErrorOf(source: Source): string | null;
}

const refusalTexts: Readonly<Record<GreetingRefusal, string>> = {
  malformed: 'it did not understand our greeting',
  'other-version': 'it speaks another version of the greeting',
  'other-network': 'it works on another network: compare the cluster files and network files',
  full: 'it has let in as many observers as it may: its operator can raise --observers-at-most, or name our peer id in --observers-allowed',
  unwelcome: 'it has sent us away for what we sent before, and will let us in again later',
};

export const createSources = (config: SourcesConfig): Sources => {
  const { host, sources, timing, report } = config;
  const ownPeer = host.peerId.toString();
  const connected = new Map<Source, Connection>();
  const greeted = new WeakMap<Connection, Promise<Welcome>>();
  const failures = new Map<Source, number>();
  const errors = new Map<Source, string>();
  const timers = new Map<Source, NodeJS.Timeout>();

  const connectionTo = (source: Source): Connection | null => {
    const connection = connected.get(source);
    return connection?.status === 'open' ? connection : null;
  };

  /** The connection to the same peer under another source's name. */
  const sameAs = ({ remotePeer }: Connection): Connection | null =>
    [...connected.values()].find((other) => other.status === 'open' && other.remotePeer.equals(remotePeer)) ??
    null;

  /** Once on a connection: two sources may turn out to be one peer. */
  const greetOn = (connection: Connection, signal: AbortSignal): Promise<Welcome> => {
    const known = greeted.get(connection);
    if (known !== undefined) return known;
    const welcome = connection.newStream(observeProtocol, { signal }).then(async (stream) => {
      const answer = await greet(stream, config.domain, signal);
      if (answer.type === 'refused') throw new Error(refusalTexts[answer.why]);
      return answer;
    });
    greeted.set(connection, welcome);
    return welcome;
  };

  /** Null where the source answered at this address; else why not. */
  const tryAddress = async (source: Source, text: string): Promise<string | null> => {
    const address = parseAddress(text);
    if (address === null) return 'not a multiaddr: correct it';
    if (peerOf(address) === ownPeer) return 'this is our own peer id';
    const signal = AbortSignal.any([config.signal, AbortSignal.timeout(timing.dialTimeoutMs)]);
    let connection: Connection | null = null;
    try {
      connection = await host.dial(address, { signal });
      const known = sameAs(connection);
      // It takes one connection of ours for the other: a second one would end the first.
      if (known !== null && known !== connection) {
        connection.abort(new Error('connected already'));
        connection = known;
      }
      const { operator } = await greetOn(connection, signal);
      if (source.operator !== null && operator !== source.operator) {
        const who = operator === null ? 'another observer' : `operator ${operator}`;
        return `${who} answers there: compare the cluster files`;
      }
      connected.set(source, connection);
      return null;
    } catch (error) {
      // Nobody else's: a connection that some other source is heard on has been greeted.
      if (![...connected.values()].some((other) => other === connection))
        connection?.abort(new Error('no welcome'));
      return whyOf(error);
    }
  };

  const attempt = async (source: Source): Promise<string> => {
    let last = 'it has no address: add one to the cluster file, or name a node with --p2p-peers';
    for (const address of source.addresses) {
      const why = await tryAddress(source, address);
      if (why === null || config.signal.aborted) return '';
      last = source.operator === null ? why : `${address}: ${why}`;
    }
    return last;
  };

  const plan = (source: Source, delayMs: number): void => {
    clearTimeout(timers.get(source));
    if (config.signal.aborted) return;
    timers.set(source, setTimeout(() => void round(source), delayMs).unref());
  };

  const round = async (source: Source): Promise<void> => {
    if (connectionTo(source) !== null) return;
    const why = await attempt(source);
    if (config.signal.aborted) return;
    if (connectionTo(source) !== null) {
      failures.delete(source);
      errors.delete(source);
      report({ type: 'source', source: source.name, state: 'connected', why: '' });
      return;
    }
    const count = failures.get(source) ?? 0;
    // A new reason is told at once, a lasting one every twentieth time.
    if (errors.get(source) !== why || count % 20 === 0)
      report({ type: 'source', source: source.name, state: 'unreachable', why });
    errors.set(source, why);
    failures.set(source, count + 1);
    plan(source, waitMs(count, timing, Math.random()));
  };

  host.addEventListener('connection:close', ({ detail }) => {
    for (const [source, connection] of connected) {
      if (connection !== detail) continue;
      connected.delete(source);
      if (config.signal.aborted) continue;
      report({ type: 'source', source: source.name, state: 'lost', why: '' });
      plan(source, Math.random() * Math.min(500, timing.minMs));
    }
  });
  for (const source of sources) plan(source, 0);

  return {
    connectionTo,
    connections: () => [...new Set(connected.values())].filter(({ status }) => status === 'open'),
    nameOf: (connection) => [...connected].find(([, other]) => other === connection)?.[0].name ?? null,
    lastErrorOf: (source) => errors.get(source) ?? null,
    [Symbol.dispose]: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
};

/** What went wrong, in words for a person. */
const whyOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  if (/protocol/i.test(text) && /select|support|negotiat/i.test(text))
    return 'it does not let observers in: it runs an older release, or is no such node';
  return text;
};
