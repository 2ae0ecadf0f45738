/**
 * Ends connections that only look alive, so that redial.ts can make good ones.
 *
 * Two kinds. A gossip stream that died while its connection lives is never opened again by gossipsub: nothing goes either
 * way, silently (a reset, a slow reader's overflow, a frame over the limit all end so). And a host that vanished without a
 * word keeps its TCP connection for many minutes. So: a peer that speaks gossip, but has no open stream each way in two
 * looks in a row, is disconnected; so is one that left three pings in a row unanswered.
 */
import { randomBytes } from 'node:crypto';
import type { Connection } from '@libp2p/interface';
import { PING_PROTOCOL } from '@libp2p/ping';
import { byteStream } from '@libp2p/utils';
import { equalBytes } from '../core/bytes.ts';
import { type Host, routerOf } from './host.ts';

export interface WatchdogTiming {
  readonly lookMs: number;
  /** A connection younger than this may still be opening its streams. */
  readonly graceMs: number;
  readonly pingMs: number;
  readonly pingTimeoutMs: number;
}

export const watchdogTiming: WatchdogTiming = {
  lookMs: 3_000,
  graceMs: 10_000,
  pingMs: 10_000,
  pingTimeoutMs: 10_000,
};

const looksMax = 2;
const missedPingsMax = 3;

export interface WatchdogConfig {
  readonly host: Host;
  /** Of everyone that has said who it is. */
  readonly connections: () => readonly Connection[];
  /** Connections to this peer are about to be ended. */
  readonly tell: (peer: string, why: string) => void;
  readonly timing: WatchdogTiming;
  readonly signal: AbortSignal;
}

export interface Watchdog extends Disposable {
  /** Round-trip time of the last answered ping on this connection, in ms; null before the first. */
  rttOf(connection: Connection): number | null;
}

/** One ping on this very connection; the ping service would choose one itself. */
const pingOnce = async (connection: Connection, signal: AbortSignal): Promise<number> => {
  const stream = await connection.newStream(PING_PROTOCOL, { signal });
  try {
    const sent = randomBytes(32);
    const bytes = byteStream(stream);
    const startedAt = performance.now();
    await bytes.write(sent, { signal });
    const echoed = await bytes.read({ bytes: sent.length, signal });
    const tookMs = performance.now() - startedAt;
    if (!equalBytes(echoed.subarray(), sent)) throw new Error('ping came back changed');
    await stream.close({ signal });
    return tookMs;
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
};

export const createWatchdog = (config: WatchdogConfig): Watchdog => {
  const { host, connections: known, timing, signal } = config;
  const router = routerOf(host);
  const badLooks = new Map<string, number>();
  const missedPings = new WeakMap<Connection, number>();
  const rtts = new WeakMap<Connection, number>();

  const isOpen = (streams: typeof router.streamsOutbound, peer: string): boolean =>
    streams.get(peer)?.rawStream.status === 'open';
  const hasGossip = (peer: string): boolean =>
    router.peers.has(peer) && isOpen(router.streamsOutbound, peer) && isOpen(router.streamsInbound, peer);

  const end = (connections: readonly Connection[], why: string): void => {
    const [first] = connections;
    if (first === undefined) return;
    config.tell(first.remotePeer.toString(), why);
    for (const connection of connections) connection.abort(new Error(why));
  };

  const look = (): void => {
    const byPeer = Map.groupBy(known(), (connection) => connection.remotePeer.toString());
    for (const peer of badLooks.keys()) if (!byPeer.has(peer)) badLooks.delete(peer);
    for (const [peer, connections] of byPeer) {
      const newest = Math.max(...connections.map(({ timeline }) => timeline.open));
      const isBad = Date.now() - newest > timing.graceMs && !hasGossip(peer);
      const count = isBad ? (badLooks.get(peer) ?? 0) + 1 : 0;
      badLooks.set(peer, count);
      if (count >= looksMax) end(host.getConnections(connections[0]?.remotePeer), 'gossip stream lost');
    }
  };

  const ping = async (connection: Connection): Promise<void> => {
    try {
      rtts.set(
        connection,
        await pingOnce(connection, AbortSignal.any([signal, AbortSignal.timeout(timing.pingTimeoutMs)])),
      );
      missedPings.delete(connection);
    } catch {
      // Why does not matter: the count does, and a closed connection is gone from the table anyway.
      const missed = (missedPings.get(connection) ?? 0) + 1;
      missedPings.set(connection, missed);
      if (missed >= missedPingsMax && connection.status === 'open' && !signal.aborted) {
        end([connection], `${missed} pings unanswered`);
      }
    }
  };

  const looks = setInterval(look, timing.lookMs).unref();
  const pings = setInterval(() => {
    for (const connection of known()) void ping(connection);
  }, timing.pingMs).unref();
  return {
    rttOf: (connection) => rtts.get(connection) ?? null,
    [Symbol.dispose]() {
      clearInterval(looks);
      clearInterval(pings);
    },
  };
};
