/**
 * Who is let in without an operator's key, and what strangers can do at that door.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Connection, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { toHex } from '../../../src/core/bytes.ts';
import { topicOf } from '../../../src/p2p/gossip.ts';
import { helloFrames, helloProtocol } from '../../../src/p2p/hello.ts';
import { createHistoryProtocol, historyProtocol } from '../../../src/p2p/history/protocol.ts';
import { type Host, routerOf } from '../../../src/p2p/host.ts';
import { greet, observeProtocol } from '../../../src/p2p/observers/greeting.ts';
import {
  committeeOf,
  domain,
  makeRegistry,
  type Node,
  startNode,
  startStranger,
  stopAll,
  until,
} from '../cluster.ts';

afterEach(stopAll);

const never = new AbortController().signal;
const registry = () => makeRegistry({ committees: [[1, 2, 3, 4]] });
const startOperator = (atMost: number, allowed: readonly string[] = []): Promise<Node> =>
  startNode(1, registry(), { guests: { atMost, allowed: new Set(allowed) }, helloTimeoutMs: 1_000 });

const dial = (host: Host, node: Node): Promise<Connection> =>
  host.dial(node.p2p.addresses().map((address) => multiaddr(address)));
const greetOn = async (connection: Connection): Promise<string> => {
  const answer = await greet(
    await connection.newStream(observeProtocol),
    toHex(domain),
    AbortSignal.timeout(5_000),
  );
  return answer.type === 'welcome' ? `welcome of ${answer.operator}` : answer.why;
};
const framesOf = (stream: Stream) => lpStream(stream, { ...helloFrames, maxDataLength: 1 << 20 });
const isClosed = (connection: Connection): boolean => connection.status !== 'open';
const closed = (what: string, connection: Connection) => until(what, () => isClosed(connection));

test('no more are let in than there are places; one that leaves makes room, and the named always get in', async () => {
  const friend = await startStranger();
  const node = await startOperator(2, [friend.peerId.toString()]);
  const hosts = [await startStranger(), await startStranger(), await startStranger()] as const;
  const first = await dial(hosts[0], node);
  assert.equal(await greetOn(first), 'welcome of 1');
  assert.equal(await greetOn(await dial(hosts[1], node)), 'welcome of 1');
  assert.equal(await greetOn(await dial(friend, node)), 'welcome of 1');
  const third = await dial(hosts[2], node);
  assert.equal(await greetOn(third), 'full');
  await closed('it is sent away', third);
  await first.close();
  await until('the place is free', () => node.told('observer-left').length === 1);
  assert.equal(await greetOn(await dial(hosts[2], node)), 'welcome of 1');
  assert.deepEqual(
    node.told('observer-admitted').map(({ observers }) => observers),
    [1, 2, 3, 3],
  );
  // A stranger that came later has had its time to say hello: guests need not say it.
  await closed('the silent one', await dial(await startStranger(), node));
  assert.equal(node.told('observer-left').length, 1);
});

test('one peer id has one place, and its newest connection', async () => {
  const node = await startOperator(1);
  const host = await startStranger();
  const first = await dial(host, node);
  assert.equal(await greetOn(first), 'welcome of 1');
  const address = node.p2p.addresses()[0]?.replace(/\/p2p\/.*$/, '') ?? '';
  const second = await host.dial(multiaddr(address), { force: true });
  assert.equal(await greetOn(second), 'welcome of 1');
  await closed('the elder connection ends', first);
  assert.equal(isClosed(second), false);
});

test('strangers that say nothing, or nonsense, are gone in seconds and cost nobody a place', async () => {
  const node = await startOperator(1);
  const silent = await dial(await startStranger(), node);
  const noisy = await dial(await startStranger(), node);
  const stream = await noisy.newStream(observeProtocol);
  await framesOf(stream).write(new TextEncoder().encode('{"type":"greeting","role":"operator"}'));
  const endless = await dial(await startStranger(), node);
  const flood = await endless.newStream(observeProtocol);
  flood.send(Uint8Array.of(0x7f, 0xff, 0xff, 0xff));
  const observer = await dial(await startStranger(), node);
  assert.equal(await greetOn(observer), 'welcome of 1');
  await Promise.all([
    closed('the silent one', silent),
    closed('the noisy one', noisy),
    closed('the endless one', endless),
  ]);
  assert.equal(isClosed(observer), false);
});

test('a second greeting on a connection, and a greeting where there are no places, end it', async () => {
  const node = await startOperator(1);
  const twice = await dial(await startStranger(), node);
  assert.equal(await greetOn(twice), 'welcome of 1');
  assert.equal(await greetOn(twice), 'unwelcome');
  await closed('it is sent away', twice);
  const none = await startOperator(0);
  const late = await dial(await startStranger(), none);
  assert.equal(await greetOn(late), 'full');
  await closed('it is sent away', late);
});

test('an observer that asks for history with garbage is sent away and not let in again', async () => {
  const node = await startOperator(4);
  await createHistoryProtocol<never>({
    handle: node.p2p.handle,
    open: async () => Promise.reject(new Error('nobody is asked')),
    blame: () => {},
    blameAsker: (asker, why) => asker.type === 'observer' && node.p2p.blameObserver(asker.peer, why),
  }).serve(() => ({ type: 'busy' }));
  const host = await startStranger();
  const connection = await dial(host, node);
  assert.equal(await greetOn(connection), 'welcome of 1');
  await framesOf(await connection.newStream(historyProtocol)).write(new Uint8Array(50).fill(9));
  await closed('it is sent away', connection);
  assert.equal(await greetOn(await dial(host, node)), 'unwelcome');
  assert.equal(await greetOn(await dial(await startStranger(), node)), 'welcome of 1');
});

test('who was not let in is answered nothing', async () => {
  const node = await startOperator(1);
  let asked = 0;
  await node.p2p.handle(
    historyProtocol,
    async () => {
      asked += 1;
    },
    2,
  );
  const connection = await dial(await startStranger(), node);
  const stream = await connection.newStream(historyProtocol);
  await assert.rejects(framesOf(stream).read({ signal: AbortSignal.timeout(3_000) }));
  assert.equal(asked, 0);
});

test('an observer that forwards what no operator signed is sent away', async () => {
  const node = await startOperator(1);
  node.p2p.gossip.listen(() => 'reject');
  const { id: committee } = committeeOf([1, 2, 3, 4]);
  const host = await startStranger();
  const connection = await dial(host, node);
  assert.equal(await greetOn(connection), 'welcome of 1');
  const router = routerOf(host);
  const topic = topicOf(domain, Number.parseInt(committee.slice(-2), 16) % 128);
  router.subscribe(topic);
  await until('it sees who listens', () => router.getSubscribers(topic).length === 1);
  for (let at = 0; at < 3; at++) await router.publish(topic, Uint8Array.of(at, 1, 2, 3));
  await closed('it is sent away', connection);
  assert.equal(node.told('observer-refused').at(-1)?.peer, host.peerId.toString());
});

test('hello is not open to observers: a claim without an operator is refused', async () => {
  const node = await startOperator(1);
  const connection = await dial(await startStranger(), node);
  assert.equal(await greetOn(connection), 'welcome of 1');
  const frames = framesOf(await connection.newStream(helloProtocol));
  const claim = {
    type: 'claim',
    version: 1,
    domain: toHex(domain),
    role: 'observer',
    nonce: '0x',
    instance: '0x',
  };
  await frames.write(new TextEncoder().encode(JSON.stringify(claim)));
  await assert.rejects(frames.read({ signal: AbortSignal.any([never, AbortSignal.timeout(3_000)]) }));
  assert.equal(node.told('peer-connected').length, 0);
  await closed('it is sent away', connection);
});

test('an observer that wants a place in the mesh loses it with the greeting, and still hears what is published', async () => {
  const node = await startOperator(1);
  const { id: committee } = committeeOf([1, 2, 3, 4]);
  const host = await startStranger();
  const router = routerOf(host);
  const topic = topicOf(domain, Number.parseInt(committee.slice(-2), 16) % 128);
  let heard = 0;
  router.addEventListener('gossipsub:message', () => {
    heard += 1;
  });
  router.subscribe(topic);
  const connection = await dial(host, node);
  const inMesh = (): boolean => node.p2p.audienceOf(committee).mesh.includes(host.peerId.toString());
  await until('it is in the mesh, like anyone before hello', inMesh);
  assert.equal(await greetOn(connection), 'welcome of 1');
  await until('it is out of the mesh', () => !inMesh());
  node.p2p.gossip.publish(committee, Uint8Array.of(1, 2, 3));
  await until('it has heard the message', () => heard === 1);
  assert.equal(isClosed(connection), false);
});
