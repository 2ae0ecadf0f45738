/**
 * Who may stay connected: says hello on every connection and closes those whose peer proves to be no fellow operator.
 *
 * The side that dialled speaks first. An inbound connection has 10 s to prove itself (observers/probation.ts), or to be let in
 * as an observer (observers/guests.ts). One operator may hold four.
 *
 * Twins: an operator that runs on two nodes at once will contradict itself. Two processes show as two instances in hello.
 * If the elder still answers when the younger appears, both are alive, and each is shown the other's proof, which it can
 * check with its own key. Closing or stopping is left to the caller (`onTwin`).
 */
import type { Connection, Stream } from '@libp2p/interface';
import type { OperatorId } from '../core/ids.ts';
import type { Report } from '../workflow/report.ts';
import type { AddressBook } from './address-book.ts';
import {
  type ClockDifference,
  type HelloOutcome,
  type HelloSelf,
  helloProtocol,
  provesTwin,
  sayHello,
} from './hello.ts';
import { adviceFor, type Evidence } from './hello-message.ts';
import type { Host } from './host.ts';
import { createProbation } from './observers/probation.ts';
import type { PeerTable, ProvenConnection } from './peers.ts';

export const helloTimeoutMs = 10_000;
/** One operator needs one connection, and has two where both sides dialled at once. */
const perOperatorMax = 4;
/** Conversations that a peer may start on one connection within a minute. */
const hellosPerMinute = 6;
/** So long a refused connection stays, so that the reason is read before it is gone. */
const refusedStaysMs = 500;
/** Refusals told within ten seconds; a flood of strangers must not flood the log. */
const refusalsTold = 20;
/** A pair of twins is looked at no more often than this. */
const twinCheckMs = 60_000;
/** What the network itself allows between clocks: MAXIMUM_GOSSIP_CLOCK_DISPARITY of the consensus specs. */
const clockMs = 500;
/** What differs is told no more often than this for one operator, whatever it says in between. */
const differenceToldMs = 300_000;

export interface Twin {
  /** The peer id that the other node showed. */
  readonly peer: string;
}

export interface GreeterConfig {
  readonly host: Host;
  readonly self: HelloSelf;
  readonly table: PeerTable;
  readonly book: AddressBook;
  readonly report: Report;
  readonly onTwin: (twin: Twin) => void;
  /** A peer has proven on this connection that it is an operator. */
  readonly onProven: (connection: Connection) => void;
  /** Observers, whose connections may stay without hello. */
  readonly isGuest: (connection: Connection) => boolean;
  readonly helloTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Greeter {
  /** The outcome of hello on a connection that we dialled; one conversation however often asked. */
  greet(connection: Connection): Promise<HelloOutcome>;
  /** Hello once more with a proven operator, to hear whom it has met since. What fails is left to the watchdog. */
  ask(connection: Connection): Promise<void>;
  /** The peer is no operator and does not claim to be: hello is not waited for any more. */
  excuse(connection: Connection): void;
}

/** What went wrong, `where`, and what to do about it, in words for an operator; null where nothing did. */
export const troubleOf = (outcome: HelloOutcome, where = ''): string | null => {
  switch (outcome.type) {
    case 'greeted':
      return null;
    case 'twin':
      return `it runs with our own operator key${where}`;
    case 'refused': {
      const refused = outcome.by === 'us' ? 'hello refused' : 'it refused our hello';
      return `${refused}: ${outcome.why}${where}: ${adviceFor[outcome.why]}`;
    }
    case 'failed':
      return `${outcome.why}${where}`;
  }
};

const placeOf = ({ remotePeer, remoteAddr }: Connection): string =>
  `peer ${remotePeer.toString()} at ${remoteAddr.toString()}`;

/**
 * After these a connection that was proven stays. Cluster files change at one operator after the other, and what they then
 * refuse each other must not part a committee; whether a connection is dead is the watchdog's to find.
 */
const isHarmless = (outcome: HelloOutcome): boolean =>
  outcome.type === 'failed' || (outcome.type === 'refused' && outcome.why === 'other-cluster');

/** Null where both have the same validators. */
const filesTroubleOf = (operator: OperatorId, isSame: boolean): string | null =>
  isSame
    ? null
    : `operator ${operator} has other validators for our shared committees: compare the cluster files`;

/** Null where the clocks may be as near to each other as they must. */
const clockTroubleOf = (operator: OperatorId, { leastMs, mostMs }: ClockDifference): string | null => {
  if (leastMs <= clockMs && mostMs >= -clockMs) return null;
  const [difference, way] = leastMs > clockMs ? [leastMs, 'ahead of'] : [-mostMs, 'behind'];
  const seconds = (difference / 1000).toFixed(1);
  return `by what operator ${operator} says its clock is at least ${seconds} s ${way} ours: check time synchronisation on both machines; where several operators differ in the same way it is ours that is wrong`;
};

const closeSoftly = (connection: Connection): void => {
  connection.close({ signal: AbortSignal.timeout(1_000) }).catch((error: Error) => connection.abort(error));
};

const createTeller = (report: Report, now: () => number) => {
  let since = 0;
  let told = 0;
  return (why: string): void => {
    if (now() - since > 10_000) [since, told] = [now(), 0];
    told += 1;
    if (told <= refusalsTold) report({ type: 'message-refused', verdict: 'ignore', why, from: null });
  };
};

const createDifferenceTeller = (report: Report) => {
  const told = new Map<string, number>();
  return (where: 'clock' | 'cluster', operator: OperatorId, why: string | null): void => {
    const name = `${where}/${operator}`;
    // Not by Date.now: a wrong clock may be set right just then.
    const nowMs = performance.now();
    if (why === null || nowMs - (told.get(name) ?? Number.NEGATIVE_INFINITY) < differenceToldMs) return;
    told.set(name, nowMs);
    report({ type: 'fault', where, why });
  };
};

export const createGreeter = async (config: GreeterConfig): Promise<Greeter> => {
  const { host, self, table, book, report } = config;
  const outcomes = new WeakMap<Connection, Promise<HelloOutcome>>();
  const started = new WeakMap<Connection, { since: number; count: number }>();
  const twinsChecked = new Map<OperatorId, number>();
  const tell = createTeller(report, self.now);
  const tellDifference = createDifferenceTeller(report);

  const deadline = (): AbortSignal =>
    AbortSignal.any([config.signal, AbortSignal.timeout(config.helloTimeoutMs)]);

  const foundTwin = (peer: string): void => {
    report({
      type: 'fault',
      where: 'twin',
      why: `operator ${self.keys.self} runs on a second node (peer ${peer}): stop one of the two at once`,
    });
    config.onTwin({ peer });
  };

  const isProven = (connection: Connection): boolean =>
    table.all().some((entry) => entry.connection === connection);
  const probation = createProbation(
    config.helloTimeoutMs,
    (connection) => isProven(connection) || config.isGuest(connection),
    (why, { remotePeer, remoteAddr }) =>
      tell(`${why} (peer ${remotePeer.toString()} at ${remoteAddr.toString()})`),
  );

  const accept = (connection: Connection, outcome: Extract<HelloOutcome, { type: 'greeted' }>): void => {
    const { operator, instance, peers, evidence } = outcome;
    const peer = connection.remotePeer.toString();
    probation.end(connection);
    config.onProven(connection);
    book.learn(operator, peer, connection.remoteAddr.toString(), peers.addresses, peers.known);
    tellDifference('cluster', operator, filesTroubleOf(operator, outcome.sameValidators));
    tellDifference('clock', operator, clockTroubleOf(operator, outcome.clock));
    if (peers.twin !== null && provesTwin(self, peers.twin, operator, peer)) foundTwin(peers.twin.peer);
    const younger: ProvenConnection = { connection, operator, peer, instance, evidence };
    const elder = table.connectionsOf(operator).find((other) => other.instance !== instance);
    if (!table.add(younger)) return;
    for (const surplus of table.connectionsOf(operator).slice(0, -perOperatorMax))
      closeSoftly(surplus.connection);
    if (elder !== undefined) void settleTwins(elder, younger);
  };

  const part = (connection: Connection, outcome: HelloOutcome): void => {
    table.remove(connection);
    if (outcome.type === 'refused' && outcome.by === 'us')
      setTimeout(() => closeSoftly(connection), refusedStaysMs).unref();
    else closeSoftly(connection);
  };

  const settle = (connection: Connection, outcome: HelloOutcome): HelloOutcome => {
    if (outcome.type === 'greeted') accept(connection, outcome);
    else if (outcome.type === 'twin') foundTwin(outcome.evidence.peer);
    if (outcome.type !== 'greeted') {
      probation.end(connection);
      // Where we dialled, redial.ts reports with the address.
      const claimed =
        outcome.type === 'refused' && outcome.claimed !== null ? `, claims operator ${outcome.claimed}` : '';
      if (connection.direction === 'inbound' && !config.signal.aborted)
        tell(`${troubleOf(outcome, ` (${placeOf(connection)}${claimed})`)}`);
      if (isProven(connection) && isHarmless(outcome)) return outcome;
      part(connection, outcome);
    }
    return outcome;
  };

  const speak = async (connection: Connection, twin: Evidence | null): Promise<HelloOutcome> => {
    const signal = deadline();
    try {
      const stream = await connection.newStream(helloProtocol, { signal });
      const remotePeer = connection.remotePeer.toString();
      return await sayHello({ stream, remotePeer, self, isDialer: true, twin, signal });
    } catch (error) {
      return { type: 'failed', why: `no hello: ${error instanceof Error ? error.message : String(error)}` };
    }
  };

  /** Asks the elder again. Silence: it is a dead connection, no twin. */
  const settleTwins = async (elder: ProvenConnection, younger: ProvenConnection): Promise<void> => {
    if (self.now() - (twinsChecked.get(elder.operator) ?? 0) < twinCheckMs) return;
    twinsChecked.set(elder.operator, self.now());
    const again = await speak(elder.connection, younger.evidence);
    if (again.type !== 'greeted' || again.instance !== elder.instance) {
      twinsChecked.delete(elder.operator);
      elder.connection.abort(new Error('the operator came back on another connection'));
      return;
    }
    const why = `operator ${elder.operator} runs on two nodes at once (peers ${elder.peer} and ${younger.peer})`;
    report({ type: 'fault', where: 'twin', why });
    await speak(younger.connection, again.evidence);
  };

  const greet = (connection: Connection): Promise<HelloOutcome> => {
    const known = outcomes.get(connection);
    if (known !== undefined) return known;
    const outcome = speak(connection, null).then((result) => settle(connection, result));
    outcomes.set(connection, outcome);
    return outcome;
  };

  const ask = async (connection: Connection): Promise<void> => {
    const outcome = await speak(connection, null);
    if (outcome.type === 'greeted') return accept(connection, outcome);
    if (outcome.type === 'refused') tell(`${troubleOf(outcome, ` (${placeOf(connection)})`)}`);
    if (outcome.type === 'twin') foundTwin(outcome.evidence.peer);
    if (!isHarmless(outcome)) part(connection, outcome);
  };

  const mayStart = (connection: Connection): boolean => {
    const entry = started.get(connection);
    const fresh = entry === undefined || self.now() - entry.since > 60_000;
    const count = fresh ? 1 : entry.count + 1;
    started.set(connection, { since: fresh ? self.now() : entry.since, count });
    return count <= hellosPerMinute;
  };

  const answer = async (stream: Stream, connection: Connection): Promise<void> => {
    if (!mayStart(connection)) {
      stream.abort(new Error('too many hellos'));
      return;
    }
    const remotePeer = connection.remotePeer.toString();
    const talk = { stream, remotePeer, self, isDialer: false, twin: null, signal: deadline() };
    settle(connection, await sayHello(talk));
  };

  const forget = async (connection: Connection): Promise<void> => {
    try {
      await host.peerStore.delete(connection.remotePeer);
    } catch (error) {
      report({
        type: 'fault',
        where: 'peer store',
        why: error instanceof Error ? error.message : String(error),
      });
    }
  };

  host.addEventListener('connection:open', ({ detail: connection }) => {
    if (connection.direction === 'outbound') void greet(connection);
    else if (!outcomes.has(connection)) probation.begin(connection);
  });
  host.addEventListener('connection:close', ({ detail: connection }) => {
    probation.end(connection);
    const isStranger = !table.all().some(({ peer }) => peer === connection.remotePeer.toString());
    table.remove(connection);
    // libp2p remembers everyone it met; strangers come with a new peer id each time.
    if (isStranger && !config.signal.aborted) void forget(connection);
  });
  await host.handle(helloProtocol, answer, { maxInboundStreams: 2, maxOutboundStreams: 4 });
  return { greet, ask, excuse: probation.end };
};
