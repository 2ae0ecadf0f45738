/**
 * The network node of one operator: host, hello, redial, watchdog and gossip put together.
 *
 * It knows operators, not peers: everything it hands out speaks of operator ids, and only connections that hello has
 * proven count. What messages mean is the listener's.
 */
import { randomBytes } from 'node:crypto';
import type { Connection, PrivateKey, Stream } from '@libp2p/interface';
import { toHex } from '../core/bytes.ts';
import type { CommitteeId, OperatorId } from '../core/ids.ts';
import type { Registry } from '../core/registry/committee.ts';
import type { Gossip, OperatorKeys, Peers } from '../workflow/ports.ts';
import type { Report } from '../workflow/report.ts';
import { createAddressBook, fellowsOf } from './address-book.ts';
import { allTopics, createGossip, subnetOf, topicOf } from './gossip.ts';
import { createGreeter, helloTimeoutMs, type Twin } from './greeter.ts';
import type { HelloSelf } from './hello.ts';
import { createHost, type Host, routerOf } from './host.ts';
import { type Asker, createGuests, type GuestPolicy, noGuests } from './observers/guests.ts';
import { createPeerTable } from './peers.ts';
import { createRedial, type RedialTiming, redialTiming } from './redial.ts';
import { createWatchdog, type WatchdogTiming, watchdogTiming } from './watchdog.ts';

export interface P2pConfig {
  readonly privateKey: PrivateKey;
  /** Multiaddrs, e.g. /ip4/0.0.0.0/tcp/13000. */
  readonly listen: readonly string[];
  /** Where others reach us, if that is not where we listen. */
  readonly announce?: readonly string[];
  readonly registry: Registry;
  readonly keys: OperatorKeys;
  /** Keeps networks apart: 1 to 32 bytes. */
  readonly domain: Uint8Array;
  readonly report: Report;
  /** Called when another node proved to run with our operator key; may be called more than once. */
  readonly onTwin?: (twin: Twin) => void;
  /** Default 1 MiB. */
  readonly messageBytesMax?: number;
  readonly sharedAddresses?: readonly string[];
  readonly appScore?: (operator: OperatorId) => number;
  /** Observers that are let in; none unless given. */
  readonly guests?: GuestPolicy;
  readonly redial?: Partial<RedialTiming>;
  readonly watchdog?: Partial<WatchdogTiming>;
  readonly helloTimeoutMs?: number;
  /** Unix time in ms; default Date.now. */
  readonly now?: () => number;
}

export interface PeerStatus {
  readonly operator: OperatorId;
  /** Null while not connected. */
  readonly peerId: string | null;
  readonly connected: boolean;
  /** Where it is dialled. */
  readonly addresses: readonly string[];
  readonly rttMs: number | null;
  /** Gossipsub's score: 0 is good, below -160 all that it sends is ignored. */
  readonly score: number | null;
  readonly lastError: string | null;
}

/** Answers streams of one protocol. An operator behind a stream is proven; all others are observers. */
export type StreamHandler = (stream: Stream, from: Asker) => Promise<void>;

export interface P2p extends AsyncDisposable {
  readonly gossip: Gossip;
  readonly peers: Peers;
  readonly peerId: string;
  /** Multiaddrs with our peer id, as others dial them. */
  addresses(): readonly string[];
  /** One entry per operator of our committees. */
  status(): readonly PeerStatus[];
  /** Takes streams of `protocol` from operators and observers, at most `streamsMax` at once per connection. */
  handle(protocol: string, handler: StreamHandler, streamsMax: number): Promise<void>;
  /** Opens a stream to an operator. Rejects where it is not connected or does not speak the protocol. */
  open(operator: OperatorId, protocol: string, signal: AbortSignal): Promise<Stream>;
  /** Peer ids to which a committee's messages are forwarded, and of all that listen to them. For diagnosis. */
  audienceOf(committee: CommitteeId): { readonly mesh: readonly string[]; readonly all: readonly string[] };
  /** An observer did what no honest one does: it is sent away. */
  blameObserver(peer: string, why: string): void;
  /** A new registry: other topics, other operators to dial. Connections to former fellows are closed. */
  replaceRegistry(registry: Registry): void;
}

const mebibyte = 1024 * 1024;
/** libp2p's own stop waits for peers; a node that is told to stop leaves after this long in any case. */
const stopMs = 3_000;

export const stopHost = async (host: Host): Promise<void> => {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, stopMs);
  await Promise.race([host.stop(), late.promise]);
  clearTimeout(timer);
};

const hostOf = (config: P2pConfig, appScore: (peer: string) => number): Promise<Host> =>
  createHost({
    privateKey: config.privateKey,
    listen: config.listen,
    announce: config.announce ?? [],
    topics: allTopics(config.domain),
    committeeSize: Math.max(
      4,
      ...[...config.registry.committees.values()].map(({ operators }) => operators.length),
    ),
    messageBytesMax: config.messageBytesMax ?? mebibyte,
    sharedAddresses: config.sharedAddresses ?? [],
    observersMax: (config.guests?.atMost ?? 0) + (config.guests?.allowed.size ?? 0),
    appScore,
  });

/** Listens, and begins to dial every operator of our committees. Throws where it cannot listen. */
export const startP2p = async (config: P2pConfig): Promise<P2p> => {
  const { keys, domain, report, now = Date.now } = config;
  let registry = config.registry;
  const stopping = new AbortController();
  const { signal } = stopping;
  const table = createPeerTable(keys.self, report);
  const book = createAddressBook(() => registry, keys.self);
  const fellows = (): readonly OperatorId[] => fellowsOf(registry, keys.self);
  let guestScoreOf = (_peer: string): number => 0;
  const host = await hostOf(config, (peer) => {
    const operator = table.operatorOf(peer);
    return operator === null ? guestScoreOf(peer) : (config.appScore?.(operator) ?? 0);
  });
  const router = routerOf(host);
  const addresses = (): readonly string[] => host.getMultiaddrs().map(String);

  const self: HelloSelf = {
    domain,
    peer: host.peerId.toString(),
    instance: toHex(randomBytes(16)),
    startedAtMs: now(),
    keys,
    registry: () => registry,
    now,
    addresses,
    knownTo: book.knownTo,
    pinsOf: book.pinsOf,
  };
  const onTwin = config.onTwin ?? (() => {});
  const timeoutMs = config.helloTimeoutMs ?? helloTimeoutMs;
  let guestOf = (_connection: Connection): boolean => false;
  let forgetGuest = (_connection: Connection): void => {};
  const greeter = await createGreeter({
    host,
    self,
    table,
    book,
    report,
    onTwin,
    onProven: (connection) => forgetGuest(connection),
    isGuest: (connection) => guestOf(connection),
    helloTimeoutMs: timeoutMs,
    signal,
  });
  const isOperators = (connection: Connection): boolean =>
    table.all().some((entry) => entry.connection === connection);
  const guests = await createGuests({
    host,
    domain,
    self: keys.self,
    policy: config.guests ?? noGuests,
    isOperators,
    onAdmitted: greeter.excuse,
    report,
    now: Date.now,
    signal,
  });
  [guestScoreOf, guestOf, forgetGuest] = [guests.scoreOf, guests.has, guests.remove];
  const messageBytesMax = config.messageBytesMax ?? mebibyte;
  const gossip = createGossip({ host, domain, messageBytesMax, report, operatorOf: table.operatorOf });
  const watchdog = createWatchdog({
    host,
    connections: () => [...table.all().map(({ connection }) => connection), ...guests.connections()],
    tell: (peer, why) => {
      const operator = table.operatorOf(peer);
      // A stranger must not be able to fill the log with faults.
      if (operator === null) report({ type: 'observer-refused', peer, why });
      else report({ type: 'fault', where: 'watchdog', why: `operator ${operator}: ${why}; reconnecting` });
    },
    timing: { ...watchdogTiming, ...config.watchdog },
    signal,
  });
  const timing = { ...redialTiming, ...config.redial };
  const redial = createRedial({
    host,
    self: keys.self,
    greeter,
    table,
    book,
    fellows,
    report,
    timing,
    signal,
  });

  const ownCommittees = () =>
    [...registry.committees.values()]
      .filter(({ operators }) => operators.includes(keys.self))
      .map(({ id }) => id);
  gossip.subscribe(ownCommittees());
  redial.wake();

  const askerOn = (connection: Connection): Asker | null => {
    const proven = table.all().find((entry) => entry.connection === connection);
    if (proven !== undefined) return { type: 'operator', operator: proven.operator };
    return guests.has(connection) ? { type: 'observer', peer: connection.remotePeer.toString() } : null;
  };
  const statusOf = (operator: OperatorId): PeerStatus => {
    const entry = table.connectionsOf(operator).at(-1);
    return {
      operator,
      peerId: entry?.peer ?? null,
      connected: entry !== undefined,
      addresses: book.addressesOf(operator),
      rttMs: entry === undefined ? null : watchdog.rttOf(entry.connection),
      score: entry === undefined ? null : router.getScore(entry.peer),
      lastError: table.lastErrorOf(operator),
    };
  };

  return {
    gossip,
    peers: table,
    peerId: self.peer,
    addresses,
    status: () => fellows().map(statusOf),
    handle: (protocol, handler, streamsMax) =>
      host.handle(
        protocol,
        async (stream, connection) => {
          const from = askerOn(connection);
          if (from === null) return stream.abort(new Error('hello comes first'));
          try {
            await handler(stream, from);
          } catch (error) {
            stream.abort(error instanceof Error ? error : new Error(String(error)));
          }
        },
        { maxInboundStreams: streamsMax, maxOutboundStreams: 64 },
      ),
    async open(operator, protocol, openSignal) {
      const entry = table.connectionsOf(operator).at(-1);
      if (entry === undefined) throw new Error(`operator ${operator} is not connected`);
      return entry.connection.newStream(protocol, { signal: AbortSignal.any([signal, openSignal]) });
    },
    audienceOf: (committee) => {
      const topic = topicOf(domain, subnetOf(committee));
      return { mesh: router.getMeshPeers(topic), all: router.getSubscribers(topic).map(String) };
    },
    blameObserver: guests.blame,
    replaceRegistry(next) {
      registry = next;
      gossip.subscribe(ownCommittees());
      const kept = new Set(fellows());
      for (const { operator, connection } of table.all()) {
        if (!kept.has(operator)) connection.abort(new Error('no longer in a committee of ours'));
      }
      redial.wake();
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'));
      redial[Symbol.dispose]();
      watchdog[Symbol.dispose]();
      guests[Symbol.dispose]();
      gossip[Symbol.dispose]();
      await stopHost(host);
    },
  };
};
