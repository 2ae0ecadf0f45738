/**
 * The observers that a node lets in: peers without an operator's key, few, and never in the way of an operator.
 *
 * Guests are a table of their own, so that nothing that counts operators can count one. Their gossip score starts below zero:
 * gossipsub takes no such peer into its mesh, while what we publish, and the ids of what we forward, still reach it. One
 * offence, or four bad messages, and a guest is sent away; its peer id is not let in again for some minutes. A new id is free,
 * so what really bounds strangers are the places; the allow-list keeps room for those that the operator knows.
 */
import type { Connection, Stream } from '@libp2p/interface';
import { toHex } from '../../core/bytes.ts';
import type { OperatorId } from '../../core/ids.ts';
import type { Report } from '../../workflow/report.ts';
import { createConduct } from '../history/conduct.ts';
import { type Host, routerOf } from '../host.ts';
import {
  answerGreeting,
  type Greeting,
  type GreetingRefusal,
  greetingVersion,
  observeProtocol,
} from './greeting.ts';

export interface GuestPolicy {
  /** Places for observers that the allow-list does not name. */
  readonly atMost: number;
  /** Peer ids that are let in whoever else is there. */
  readonly allowed: ReadonlySet<string>;
}

export const noGuests: GuestPolicy = { atMost: 0, allowed: new Set() };

/** Below zero, so that no guest is in a mesh; far above the score at which gossip stops talking to a peer. */
export const guestScore = -1;
/** Gossip stops telling a peer what there is at -40; a guest that fell so far is sent away. */
const scoreMin = -40;
/** A peer id that was sent away comes back once half of its offence has faded. */
const pardonedAt = -20;
const sweepMs = 5_000;
const greetingTimeoutMs = 10_000;
const lingerMs = 1_000;

/** Who is at the other end of a stream: an operator that has proven itself, or an observer, known by its peer id alone. */
export type Asker =
  | { readonly type: 'operator'; readonly operator: OperatorId }
  | { readonly type: 'observer'; readonly peer: string };

export interface GuestConfig {
  readonly host: Host;
  readonly domain: Uint8Array;
  /** What we say of ourselves; null: an observer. */
  readonly self: OperatorId | null;
  readonly policy: GuestPolicy;
  /** Connections of proven operators, which are nobody's guests. */
  readonly isOperators: (connection: Connection) => boolean;
  readonly onAdmitted: (connection: Connection) => void;
  readonly report: Report;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface Guests extends Disposable {
  has(connection: Connection): boolean;
  connections(): readonly Connection[];
  /** A peer's share of its gossip score; 0 for a peer that never was a guest. */
  scoreOf(peer: string): number;
  /** It did what no honest observer does: it is sent away. */
  blame(peer: string, why: string): void;
  /** Its connection closed, or it proved to be an operator. */
  remove(connection: Connection): void;
}

export const createGuests = async (config: GuestConfig): Promise<Guests> => {
  const { host, policy, report, now } = config;
  const guests = new Map<string, Connection>();
  const conduct = createConduct<string>(now);

  const strangers = (): number => [...guests.keys()].filter((peer) => !policy.allowed.has(peer)).length;

  const judge = (greeting: Greeting | null, connection: Connection): GreetingRefusal | null => {
    const peer = connection.remotePeer.toString();
    if (greeting === null) return 'malformed';
    if (greeting.version !== greetingVersion) return 'other-version';
    if (greeting.domain !== toHex(config.domain)) return 'other-network';
    // Once on a connection, and never on an operator's.
    if (config.isOperators(connection) || guests.get(peer) === connection) return 'unwelcome';
    if (policy.allowed.has(peer)) return null;
    if (conduct.scoreOf(peer) < pardonedAt || routerOf(host).getScore(peer) < scoreMin) return 'unwelcome';
    return !guests.has(peer) && strangers() >= policy.atMost ? 'full' : null;
  };

  const remove = (connection: Connection): void => {
    const peer = connection.remotePeer.toString();
    if (guests.get(peer) !== connection) return;
    guests.delete(peer);
    report({ type: 'observer-left', peer, observers: guests.size });
  };

  const admit = (connection: Connection): void => {
    const peer = connection.remotePeer.toString();
    const elder = guests.get(peer);
    guests.set(peer, connection);
    // One place for one peer id, whoever holds its key.
    if (elder !== undefined && elder !== connection) elder.abort(new Error('the observer came back'));
    config.onAdmitted(connection);
    if (elder === undefined) report({ type: 'observer-admitted', peer, observers: guests.size });
  };

  const sendAway = (peer: string, why: string): void => {
    const connection = guests.get(peer);
    report({ type: 'observer-refused', peer, why });
    if (connection === undefined) return;
    remove(connection);
    connection.abort(new Error(why));
  };

  /** The peer leaves by itself once it has read why; closed at once, the connection might take the reason with it. */
  const closeLater = (connection: Connection): void => {
    setTimeout(() => connection.abort(new Error('not let in')), lingerMs).unref();
  };

  const answer = async (stream: Stream, connection: Connection): Promise<void> => {
    const signal = AbortSignal.any([config.signal, AbortSignal.timeout(greetingTimeoutMs)]);
    try {
      // Counted before it is told, so that many at once find no more places than there are.
      const settle = (greeting: Greeting | null): GreetingRefusal | null => {
        const refusal = judge(greeting, connection);
        if (refusal === null) admit(connection);
        return refusal;
      };
      const refusal = await answerGreeting(stream, config.self, settle, signal);
      if (refusal === null || config.isOperators(connection)) return;
      report({ type: 'observer-refused', peer: connection.remotePeer.toString(), why: refusal });
      remove(connection);
      closeLater(connection);
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      stream.abort(fault);
      if (config.isOperators(connection)) return;
      remove(connection);
      connection.abort(fault);
    }
  };

  const sweep = setInterval(() => {
    for (const peer of [...guests.keys()])
      if (routerOf(host).getScore(peer) < scoreMin) sendAway(peer, 'it sent what no operator signed');
  }, sweepMs);
  sweep.unref();
  host.addEventListener('connection:close', ({ detail }) => remove(detail));
  await host.handle(observeProtocol, answer, { maxInboundStreams: 1, maxOutboundStreams: 4 });

  return {
    has: (connection) => guests.get(connection.remotePeer.toString()) === connection,
    connections: () => [...guests.values()],
    scoreOf: (peer) => (guests.has(peer) ? guestScore : 0) + conduct.scoreOf(peer),
    blame: (peer, why) => {
      conduct.blame(peer);
      sendAway(peer, why);
    },
    remove,
    [Symbol.dispose]: () => clearInterval(sweep),
  };
};
