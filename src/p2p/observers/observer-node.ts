/**
 * The network node of an observer: a libp2p host that listens to the committees' topics, asks the nodes it was told of, and
 * lets others in to ask. It has no operator's key and is no operator to anyone.
 */
import type { Connection, PrivateKey, Stream } from '@libp2p/interface';
import { toHex } from '../../core/bytes.ts';
import type { CommitteeId, OperatorId } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import type { Gossip } from '../../workflow/ports.ts';
import type { Report } from '../../workflow/report.ts';
import { allTopics, createGossip } from '../gossip.ts';
import { helloTimeoutMs } from '../greeter.ts';
import { createAllowance, rateOfAll, rateOfOne } from '../history/allowance.ts';
import { createConduct } from '../history/conduct.ts';
import { createHistoryProtocol, type HistoryProtocol } from '../history/protocol.ts';
import { createHost, type Host, type HostConfig } from '../host.ts';
import { stopHost } from '../node.ts';
import { type RedialTiming, redialTiming } from '../redial.ts';
import { createWatchdog, type WatchdogTiming, watchdogTiming } from '../watchdog.ts';
import { type Asker, createGuests, type GuestPolicy, type Guests } from './guests.ts';
import { createProbation } from './probation.ts';
import { createSources, type Source, type Sources } from './sources.ts';

export interface ObserverP2pConfig {
  readonly privateKey: PrivateKey;
  readonly listen: readonly string[];
  readonly announce?: readonly string[];
  readonly registry: Registry;
  readonly domain: Uint8Array;
  /** Other observers, or any node, to listen to and to ask beside the operators. Multiaddrs. */
  readonly peers: readonly string[];
  readonly guests: GuestPolicy;
  readonly report: Report;
  readonly redial?: Partial<RedialTiming>;
  readonly watchdog?: Partial<WatchdogTiming>;
  readonly helloTimeoutMs?: number;
}

export interface SourceStatus {
  readonly source: Source;
  readonly connected: boolean;
  readonly lastError: string | null;
}

export interface ObserverP2p extends AsyncDisposable {
  readonly gossip: Gossip;
  readonly history: HistoryProtocol<Source>;
  readonly peerId: string;
  addresses(): readonly string[];
  /** The operators first. */
  sources(): readonly SourceStatus[];
}

const mebibyte = 1024 * 1024;

const sourcesOf = ({ registry, peers }: ObserverP2pConfig): readonly Source[] => [
  ...[...registry.operators.values()]
    .filter(({ id }) => [...registry.committees.values()].some(({ operators }) => operators.includes(id)))
    .map(({ id, addresses }) => ({ name: `operator ${id}`, operator: id, addresses })),
  ...peers.map((address) => ({ name: `node ${address}`, operator: null, addresses: [address] })),
];

const hostConfigOf = (config: ObserverP2pConfig, appScore: (peer: string) => number): HostConfig => ({
  privateKey: config.privateKey,
  listen: config.listen,
  announce: config.announce ?? [],
  topics: allTopics(config.domain),
  committeeSize: 4,
  messageBytesMax: mebibyte,
  listensOnly: true,
  observersMax: config.guests.atMost + config.guests.allowed.size,
  appScore,
});

const historyOf = (host: Host, guests: Guests, sources: Sources, blame: (source: Source) => void) => {
  const askerOn = (connection: Connection): Asker | null =>
    guests.has(connection) || sources.nameOf(connection) !== null
      ? { type: 'observer', peer: connection.remotePeer.toString() }
      : null;
  const serve = async (
    stream: Stream,
    connection: Connection,
    handler: (stream: Stream, from: Asker) => Promise<void>,
  ): Promise<void> => {
    const from = askerOn(connection);
    if (from === null) return stream.abort(new Error('a greeting comes first'));
    try {
      await handler(stream, from);
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return createHistoryProtocol<Source>({
    handle: (protocol, handler, streamsMax) =>
      host.handle(protocol, (stream, connection) => serve(stream, connection, handler), {
        maxInboundStreams: streamsMax,
        maxOutboundStreams: 64,
      }),
    open: async (source, protocol, signal) => {
      const connection = sources.connectionTo(source);
      if (connection === null) throw new Error(`${source.name} is not connected`);
      return connection.newStream(protocol, { signal });
    },
    blame,
    blameAsker: (asker, why) => asker.type === 'observer' && guests.blame(asker.peer, why),
    // Serving is what an observer is for: it gives observers what an operator gives operators.
    guestAllowance: createAllowance(Date.now, rateOfOne, rateOfAll),
  });
};

/** Listens, and begins to dial. Throws where it cannot listen. */
export const startObserverP2p = async (config: ObserverP2pConfig): Promise<ObserverP2p> => {
  const { domain, report, registry } = config;
  const stopping = new AbortController();
  const { signal } = stopping;
  const conduct = createConduct<string>(Date.now);
  let guestScoreOf = (_peer: string): number => 0;
  let isGuest = (_connection: Connection): boolean => false;
  const host = await createHost(hostConfigOf(config, (peer) => guestScoreOf(peer) + conduct.scoreOf(peer)));
  const all = sourcesOf(config);
  const sources = createSources({
    host,
    domain: toHex(domain),
    sources: all,
    report,
    timing: { ...redialTiming, ...config.redial },
    signal,
  });
  const probation = createProbation(
    config.helloTimeoutMs ?? helloTimeoutMs,
    (connection) => isGuest(connection) || sources.nameOf(connection) !== null,
    (why, { remotePeer }) => report({ type: 'observer-refused', peer: remotePeer.toString(), why }),
  );
  host.addEventListener('connection:open', ({ detail }) => {
    if (detail.direction === 'inbound' && !isGuest(detail)) probation.begin(detail);
  });
  host.addEventListener('connection:close', ({ detail }) => probation.end(detail));
  const guests = await createGuests({
    host,
    domain,
    self: null,
    policy: config.guests,
    isOperators: () => false,
    onAdmitted: probation.end,
    report,
    now: Date.now,
    signal,
  });
  [guestScoreOf, isGuest] = [guests.scoreOf, guests.has];
  const operatorOf = (peer: string): OperatorId | null =>
    all.find((source) => sources.connectionTo(source)?.remotePeer.toString() === peer)?.operator ?? null;
  const sourceAt = (peer: string): string | null =>
    sources
      .connections()
      .filter(({ remotePeer }) => remotePeer.toString() === peer)
      .map(sources.nameOf)[0] ?? null;
  const watchdog = createWatchdog({
    host,
    connections: () => [...sources.connections(), ...guests.connections()],
    tell: (peer, why) => {
      const name = sourceAt(peer);
      if (name === null) report({ type: 'observer-refused', peer, why });
      else report({ type: 'fault', where: 'watchdog', why: `${name}: ${why}; reconnecting` });
    },
    timing: { ...watchdogTiming, ...config.watchdog },
    signal,
  });
  const gossip = createGossip({ host, domain, messageBytesMax: mebibyte, report, operatorOf });
  const committees: readonly CommitteeId[] = [...registry.committees.keys()];
  gossip.subscribe(committees);

  /** It loses score; what it told wrongly is reported by whoever asked. */
  const blame = (source: Source): void => {
    const connection = sources.connectionTo(source);
    if (connection !== null) conduct.blame(connection.remotePeer.toString());
  };

  return {
    gossip,
    history: historyOf(host, guests, sources, blame),
    peerId: host.peerId.toString(),
    addresses: () => host.getMultiaddrs().map(String),
    sources: () =>
      all.map((source) => ({
        source,
        connected: sources.connectionTo(source) !== null,
        lastError: sources.lastErrorOf(source),
      })),
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'));
      sources[Symbol.dispose]();
      watchdog[Symbol.dispose]();
      guests[Symbol.dispose]();
      gossip[Symbol.dispose]();
      await stopHost(host);
    },
  };
};
