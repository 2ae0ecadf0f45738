/**
 * The libp2p host of one operator: TCP, noise, yamux, identify and gossipsub, with every bound set.
 *
 * A stranger can open connections and send bytes; each number below says how much of that we hold. What the host does not
 * do: decide who may stay (greeter.ts), keep connections alive (redial.ts, watchdog.ts), judge messages (gossip.ts).
 *
 * libp2p's connection monitor is off: one late ping aborts a connection and nothing redials, which tears loaded clusters
 * apart; watchdog.ts decides instead. Libraries: libp2p 3, @libp2p/gossipsub 17 (gossipsub 1.2).
 */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { type GossipSub, gossipsub, StrictNoSign, type TopicValidatorResult } from '@libp2p/gossipsub';
import { createTopicScoreParams } from '@libp2p/gossipsub/score';
import { type Identify, identify } from '@libp2p/identify';
import type { Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { thriftyYamux } from './muxer.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

export interface HostConfig {
  readonly privateKey: PrivateKey;
  /** Multiaddrs to listen at, e.g. /ip4/0.0.0.0/tcp/13000; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Multiaddrs to tell others instead of those we listen at; empty: tell what we listen at. */
  readonly announce?: readonly string[];
  /** Every topic of this network: topics that are not listed are neither tracked nor scored. */
  readonly topics: readonly string[];
  /** Members of our largest committee; sets the mesh degree. */
  readonly committeeSize: number;
  /** Largest gossip message we take, in bytes. */
  readonly messageBytesMax: number;
  /** Score from outside gossipsub, by peer id: 0 is neutral. */
  readonly appScore?: (peer: string) => number;
  /** Observers that are let in at most: room for them is added to the room that there is for operators. */
  readonly observersMax?: number;
  /** True: this node listens only, and is in no mesh. */
  readonly listensOnly?: boolean;
  /** IP addresses that many operators may share without a penalty (one NAT, one machine); loopback always may. */
  readonly sharedAddresses?: readonly string[];
}

/** What we use of gossipsub beyond its public type; `createHost` asserts that it is there. */
export interface GossipRouter extends GossipSub {
  readonly peers: ReadonlyMap<string, PeerId>;
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: Stream }>;
  readonly streamsInbound: ReadonlyMap<string, { readonly rawStream: Stream }>;
  getScore(peer: string): number;
  getMeshPeers(topic: string): string[];
  reportMessageValidationResult(msgId: string, source: string, verdict: TopicValidatorResult): void;
}

export type Host = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub }>;

/** P4 alone: duties come in bursts, so that deliveries per time say nothing. One reject -20, two -80, three -180. */
const topicScore = createTopicScoreParams({
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.95,
});

const scoring = (config: HostConfig) => ({
  scoreParams: {
    topics: Object.fromEntries(config.topics.map((topic) => [topic, topicScore])),
    topicScoreCap: 0,
    appSpecificScore: config.appScore ?? (() => 0),
    appSpecificWeight: 1,
    // More than ten identities at one address are probably one owner. Observers do not count against operators behind the same.
    IPColocationFactorWeight: -35,
    IPColocationFactorThreshold: 10 + (config.observersMax ?? 0),
    IPColocationFactorWhitelist: new Set(['127.0.0.1', '::1', ...(config.sharedAddresses ?? [])]),
    behaviourPenaltyWeight: -5,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.86,
    // One slot of mainnet, in ms.
    decayInterval: 12_000,
    decayToZero: 0.01,
    // Reconnecting does not wash a score away for half an hour.
    retainScore: 30 * 60_000,
  },
  // Two rejects end publishing to a peer, the third has everything it sends ignored until its score decays.
  scoreThresholds: {
    gossipThreshold: -40,
    publishThreshold: -80,
    graylistThreshold: -160,
    acceptPXThreshold: 100,
    opportunisticGraftThreshold: 0.5,
  },
});

/**
 * Of a message of this size a peer that has it tells its neighbours, so that they need not send it. Below, one control message per
 * peer costs more than the duplicate it saves.
 */
export const largeBytes = 8 * KiB;

/**
 * The mesh degree is what CPU depends on most. With flood publish a small mesh costs no latency; it is the repair path.
 * An observer asks for no place in anyone's: operators flood what they publish to it, and tell it what else there is.
 */
const mesh = ({ committeeSize, listensOnly = false }: HostConfig) =>
  listensOnly
    ? { D: 0, Dlo: 0, Dhi: 0, Dscore: 0, Dout: 0 }
    : committeeSize <= 4
      ? { D: 2, Dlo: 1, Dhi: 3, Dscore: 1, Dout: 0 }
      : { D: 3, Dlo: 2, Dhi: 4, Dscore: 2, Dout: 1 };

const limits = (messageBytesMax: number) => ({
  // One frame holds one largest message and its envelope; a larger frame ends the stream.
  maxInboundDataLength: messageBytesMax + 16 * KiB,
  // Queued for one slow reader; beyond it the stream is aborted and the watchdog starts over.
  maxOutboundBufferSize: Math.max(4 * MiB, 4 * messageBytesMax),
  maxInboundStreams: 4,
  maxOutboundStreams: 4,
  maxTopicBytesPerPeer: 256 * KiB,
  decodeRpcLimits: {
    maxSubscriptions: 256,
    maxMessages: 256,
    maxControlMessages: 256,
    maxIhaveMessageIDs: 2000,
    maxIwantMessageIDs: 2000,
    maxIdontwantMessageIDs: 512,
    // No peer exchange through gossip: hello does it, among proven operators.
    maxPeerInfos: 0,
  },
});

const pubsub = (config: HostConfig) =>
  gossipsub({
    // The payload carries the operator's signature; a second one per hop is 4 to 20 times the CPU.
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) =>
      createHash('sha256').update(message.topic).update(message.data).digest().subarray(0, 20),
    msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1'),
    // Forwarded after our verdict only, and not to peers that had sent the message meanwhile.
    asyncValidation: true,
    batchPublish: true,
    floodPublish: true,
    emitSelf: false,
    fallbackToFloodsub: false,
    doPX: false,
    allowPublishToZeroTopicPeers: true,
    // Told apart from "nobody received it", which is reported; see gossip.ts.
    ignoreDuplicatePublishError: false,
    ...mesh(config),
    Dlazy: 6,
    heartbeatInterval: 700,
    // A verdict may take 8 heartbeats; ids of half of them are offered for repair.
    mcacheLength: 8,
    mcacheGossip: 4,
    // Two epochs of mainnet, in ms: no message is of use longer than that.
    seenTTL: 2 * 32 * 12_000,
    idontwantMinDataSize: largeBytes,
    // The default of 3 s turns a busy event loop into penalties for broken promises.
    gossipsubIWantFollowupMs: 12_000,
    allowedTopics: [...config.topics],
    ...limits(config.messageBytesMax),
    ...scoring(config),
  });

/** Starts listening. Throws where an address cannot be listened at; the cause names it. */
export const createHost = async (config: HostConfig): Promise<Host> => {
  const { observersMax = 0 } = config;
  const host = await createLibp2p({
    privateKey: config.privateKey,
    addresses: {
      listen: [...config.listen],
      ...(config.announce?.length ? { announce: [...config.announce] } : {}),
    },
    transports: [
      // noDelay is the library's default. An idle minute means a dead peer: the watchdog pings every 10 s.
      tcp({
        maxConnections: 200 + observersMax,
        backlog: 16,
        inboundSocketInactivityTimeout: 60_000,
        outboundSocketInactivityTimeout: 60_000,
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      thriftyYamux({
        maxInboundStreams: 64,
        maxOutboundStreams: 64,
        streamOptions: { maxWriteBufferLength: Math.max(4 * MiB, 4 * config.messageBytesMax) },
      }),
    ],
    connectionManager: {
      maxConnections: 150 + observersMax,
      // Per second and host. A whole committee behind one address may dial at once; strangers leave after 10 s (greeter.ts).
      inboundConnectionThreshold: 20,
      maxIncomingPendingConnections: 32,
      maxParallelDials: 16,
      maxDialQueueLength: 200,
      maxPeerAddrsToDial: 8,
      dialTimeout: 8_000,
      addressDialTimeout: 5_000,
      inboundUpgradeTimeout: 8_000,
      outboundStreamProtocolNegotiationTimeout: 8_000,
      inboundStreamProtocolNegotiationTimeout: 8_000,
      connectionCloseTimeout: 1_000,
      // Nothing is tagged keep-alive: redial.ts dials, without giving up after five times.
      reconnectRetries: 0,
    },
    connectionMonitor: { enabled: false },
    // Strangers' records go soon; ours are dialled from the address book.
    peerStore: { maxAddressAge: 10 * 60_000, maxPeerAge: 10 * 60_000 },
    services: {
      identify: identify({ maxMessageSize: 8 * KiB, timeout: 8_000 }),
      ping: ping(),
      pubsub: pubsub(config),
    },
  });
  routerOf(host);
  return host;
};

/** The gossip router with what its public type hides. */
export const routerOf = (host: Host): GossipRouter => {
  const router = host.services.pubsub as GossipRouter;
  assert(
    router.peers instanceof Map &&
      router.streamsOutbound instanceof Map &&
      router.streamsInbound instanceof Map &&
      typeof router.getScore === 'function' &&
      typeof router.getMeshPeers === 'function' &&
      typeof router.reportMessageValidationResult === 'function',
    'this version of @libp2p/gossipsub hides what gossip.ts and watchdog.ts read',
  );
  return router;
};
