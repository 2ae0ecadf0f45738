/**
 * The watchdog: connections that only look alive are ended, and whole nodes heal.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection } from '@libp2p/interface';
import { PING_PROTOCOL } from '@libp2p/ping';
import { multiaddr } from '@multiformats/multiaddr';
import { allTopics, topicOf } from '../../src/p2p/gossip.ts';
import { createHost, type Host, routerOf } from '../../src/p2p/host.ts';
import { createPeerTable } from '../../src/p2p/peers.ts';
import { createWatchdog, type WatchdogTiming } from '../../src/p2p/watchdog.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import {
  anyPort,
  committeeOf,
  domain,
  id,
  isMeshed,
  makeRegistry,
  startNode,
  stopAll,
  until,
} from './cluster.ts';

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  await stopAll();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const fast: WatchdogTiming = { lookMs: 50, graceMs: 0, pingMs: 60_000, pingTimeoutMs: 100 };
const startHost = async (): Promise<Host> => {
  const privateKey = await generateKeyPair('Ed25519');
  const config = { listen: [anyPort], topics: allTopics(domain), committeeSize: 4, messageBytesMax: 65536 };
  const host = await createHost({ privateKey, ...config });
  routerOf(host).subscribe(topicOf(domain, 0));
  cleanups.push(() => host.stop());
  return host;
};

/** Two connected hosts, the first of which watches the second, operator 2. */
const startWatched = async (timing: WatchdogTiming) => {
  const [host, other] = [await startHost(), await startHost()];
  const events: ReportEvent[] = [];
  const table = createPeerTable(id(1), () => {});
  const lost: number[] = [];
  table.onLost((operator) => lost.push(operator));
  host.addEventListener('connection:close', ({ detail }) => table.remove(detail));
  const connection = await host.dial(multiaddr(other.getMultiaddrs().map(String)[0]));
  const peer = other.peerId.toString();
  const router = routerOf(host);
  await until('streams', () => router.streamsInbound.has(peer) && router.streamsOutbound.has(peer));
  const evidence = {
    signedAtMs: 0,
    digest: '',
    signature: '',
    peer,
    instance: '',
    signerNonce: '',
    verifierNonce: '',
  };
  table.add({ connection, operator: id(2), peer, instance: '', evidence });
  const report = (event: ReportEvent): void => void events.push(event);
  const watchdog = createWatchdog({
    host,
    connections: () => table.all().map((entry) => entry.connection),
    tell: (other, why) =>
      report({
        type: 'fault',
        where: 'watchdog',
        why: `operator ${table.operatorOf(other)}: ${why}; reconnecting`,
      }),
    timing,
    signal: new AbortController().signal,
  });
  cleanups.push(() => watchdog[Symbol.dispose]());
  return { host, other, router, peer, connection, watchdog, events, lost };
};

const isEnded = (connection: Connection): boolean => connection.status !== 'open';

for (const direction of ['streamsOutbound', 'streamsInbound'] as const) {
  test(`a reset gossip stream (${direction}) ends the connection, with a report`, async () => {
    const { router, peer, connection, events, lost } = await startWatched(fast);
    router[direction].get(peer)?.rawStream.abort(new Error('reset'));
    await until('ended', () => isEnded(connection) && lost.length === 1);
    assert.deepEqual(events, [
      { type: 'fault', where: 'watchdog', why: 'operator 2: gossip stream lost; reconnecting' },
    ]);
  });
}

test('a peer that answers neither of three pings is disconnected; one that answers is not, and has a round-trip time', async () => {
  const timing = { ...fast, lookMs: 60_000, pingMs: 150 };
  const good = await startWatched(timing);
  const bad = await startWatched(timing);
  await bad.other.unhandle(PING_PROTOCOL);
  await bad.other.handle(PING_PROTOCOL, () => {});
  await until('ended', () => isEnded(bad.connection));
  assert.match(JSON.stringify(bad.events), /operator 2: 3 pings unanswered/);
  assert.equal(good.connection.status, 'open');
  assert.ok((good.watchdog.rttOf(good.connection) ?? -1) > 0);
});

test('two nodes heal after one sent the other a frame that it does not take', async () => {
  const committee = committeeOf([1, 2, 3, 4]).id;
  const small = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }), { messageBytesMax: 1024 });
  const addresses = { 1: small.p2p.addresses() };
  const large = await startNode(2, makeRegistry({ committees: [[1, 2, 3, 4]], addresses }));
  const heard: number[] = [];
  small.p2p.gossip.listen((message) => {
    heard.push(message.length);
    return 'accept';
  });
  let length = 100;
  const isHeardAgain = (): boolean => {
    if (heard.includes(length)) return true;
    length += 1;
    large.p2p.gossip.publish(committee, new Uint8Array(length));
    return false;
  };
  await until('connected', () => isMeshed([small, large]));
  await until('heard', isHeardAgain);
  large.p2p.gossip.publish(committee, new Uint8Array(100_000));
  await until('the watchdog saw it', () =>
    [small, large].some((node) => node.told('fault').some(({ where }) => where === 'watchdog')),
  );
  length = 500;
  await until('heard again', () => isMeshed([small, large]) && isHeardAgain());
  assert.ok(!heard.includes(100_000));
});
