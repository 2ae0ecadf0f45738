/**
 * Whole nodes on loopback: finding each other, gossip, losing and regaining peers.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Asker } from '../../src/p2p/observers/guests.ts';
import {
  committeeOf,
  id,
  isMeshed,
  makeRegistry,
  makeRsa,
  type Node,
  startCluster,
  startNode,
  stopAll,
  until,
} from './cluster.ts';
import { firstOf } from './hello-scene.ts';

afterEach(stopAll);
const text = (message: Uint8Array): string => new TextDecoder().decode(message);
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

test('four operators connect, each message reaches all others once, and none reaches its sender', async () => {
  const nodes = await startCluster(4);
  const committee = committeeOf([1, 2, 3, 4]).id;
  const got = nodes.map((): string[] => []);
  for (const [at, node] of nodes.entries()) {
    node.p2p.gossip.listen((message) => {
      got[at]?.push(text(message));
      return 'accept';
    });
  }
  await until('all connected', () => isMeshed(nodes));
  // Subscriptions travel a little later than hello; a first message to nobody is a report, so ask until it arrives.
  for (const [at, node] of nodes.entries()) {
    let tries = 0;
    await until(`operator ${at + 1} is heard by all`, () => {
      if (tries++ % 20 === 0) node.p2p.gossip.publish(committee, bytes(`try ${tries} of ${at + 1}`));
      return got.every(
        (heard, listener) => listener === at || heard.some((message) => message.endsWith(`of ${at + 1}`)),
      );
    });
  }
  for (const heard of got) heard.length = 0;
  for (let at = 0; at < 50; at++)
    for (const node of nodes) node.p2p.gossip.publish(committee, bytes(`${node.operator}/${at}`));
  await until('200 messages at three others each', () => got.every((heard) => heard.length >= 150));
  for (const [at, heard] of got.entries()) {
    assert.equal(new Set(heard).size, 150, 'no duplicates');
    assert.ok(!heard.some((message) => message.startsWith(`${at + 1}/`)), 'not its own');
  }
  for (const node of nodes) {
    const status = node.p2p.status();
    assert.equal(status.length, 3);
    assert.ok(status.every((peer) => peer.connected && peer.peerId !== null && peer.score === 0));
  }
  await until('pings were answered', () =>
    nodes.every((node) => node.p2p.status().every(({ rttMs }) => rttMs !== null)),
  );
});

test("an operator that is in nobody's file with an address is found through the others", async () => {
  const first = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }));
  const known = { 1: first.p2p.addresses() };
  const second = await startNode(2, makeRegistry({ committees: [[1, 2, 3, 4]], addresses: known }));
  const third = await startNode(3, makeRegistry({ committees: [[1, 2, 3, 4]], addresses: known }));
  await until('2 and 3 meet', () => isMeshed([first, second, third]));
});

test('two operators that greet a third at the same time hear of each other all the same', async () => {
  const first = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }));
  const registry = makeRegistry({ committees: [[1, 2, 3, 4]], addresses: { 1: first.p2p.addresses() } });
  const redial = { minMs: 1, maxMs: 100, capMs: 400, askMs: 300 };
  const both = await Promise.all([2, 3].map((operator) => startNode(operator, registry, { redial })));
  await until('all meet', () => isMeshed([first, ...both]));
});

test('who is missing is asked for again: an operator that nobody can dial meets one that came after it', async () => {
  const first = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }));
  const known = { 1: first.p2p.addresses() };
  const registry = makeRegistry({ committees: [[1, 2, 3, 4]], addresses: known });
  // Nothing listens where it says it is.
  const second = await startNode(2, registry, { announce: ['/ip4/127.0.0.1/tcp/1'] });
  await until('1 and 2 meet', () => isMeshed([first, second]));
  const third = await startNode(3, registry);
  await until('1 and 3 meet', () => isMeshed([first, third]));
  await until('2 and 3 meet', () => isMeshed([first, second, third]));
});

test('cluster files that differ for a while part no operators that are connected, and are told', async () => {
  const first = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }));
  const known = { 1: first.p2p.addresses() };
  const second = await startNode(2, makeRegistry({ committees: [[1, 2, 3, 4]], addresses: known }));
  await until('1 and 2 meet', () => isMeshed([first, second]));
  // Operators 3 and 4 are missing, so 1 and 2 ask each other for news of them.
  first.p2p.replaceRegistry(makeRegistry({ committees: [[1, 2, 3, 4]], keys: { 3: makeRsa().publicPem } }));
  const told = (): number =>
    [first, second]
      .flatMap((node) => node.told('message-refused'))
      .filter(({ why }) => /hello.*: other-cluster/.test(why)).length;
  await until('the difference is told at both', () => told() >= 2);
  assert.ok(isMeshed([first, second]));
  assert.deepEqual([...first.told('peer-lost'), ...second.told('peer-lost')], []);
});

test('a clock that is wrong is told at both ends, also where it goes wrong while they are connected', async () => {
  const redial = { minMs: 100, maxMs: 200, capMs: 400, greetAgainMs: 300 };
  const registry = makeRegistry({ committees: [[1, 2, 3, 4]] });
  const first = await startNode(1, registry, { redial });
  const known = makeRegistry({ committees: [[1, 2, 3, 4]], addresses: { 1: first.p2p.addresses() } });
  let aheadMs = 0;
  const second = await startNode(2, known, { redial, now: () => Date.now() + aheadMs });
  const third = await startNode(3, known, { redial, now: () => Date.now() - 60_000 });
  const told = (node: Node, operator: number): readonly string[] =>
    node
      .told('fault')
      .filter(({ where, why }) => where === 'clock' && why.includes(`operator ${operator} `))
      .map(({ why }) => why);
  await until('the third is told', () => told(first, 3).length > 0 && told(third, 1).length > 0);
  assert.match(firstOf(told(first, 3)), /at least [56]\d\.\d s behind ours/);
  assert.match(firstOf(told(third, 1)), /at least [56]\d\.\d s ahead of ours/);
  await until('1 and 2 meet', () => isMeshed([first, second]));
  assert.deepEqual([...told(first, 2), ...told(second, 1)], []);
  aheadMs = 60_000;
  await until('the second is told', () => told(first, 2).length > 0 && told(second, 1).length > 0);
  assert.match(firstOf(told(first, 2)), /at least [56]\d\.\d s ahead of ours/);
  assert.equal(told(first, 3).length, 1, 'not at every greeting');
});

test('a stopped peer is reported lost and is dialled again when it returns at the same address', async () => {
  const first = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }));
  const [address] = first.p2p.addresses();
  assert.ok(address !== undefined);
  const second = await startNode(
    2,
    makeRegistry({ committees: [[1, 2, 3, 4]], addresses: { 1: [address] } }),
  );
  const lost: number[] = [];
  second.p2p.peers.onLost((operator) => lost.push(operator));
  await until('connected', () => isMeshed([first, second]));
  assert.ok((second.p2p.peers.connectedSinceMs(id(1)) ?? 0) > 0);

  await first.stop();
  await until('lost', () => !second.p2p.peers.isConnected(id(1)));
  assert.deepEqual(lost, [1]);
  assert.equal(second.told('peer-lost').length, 1);
  assert.equal(second.p2p.peers.connectedSinceMs(id(1)), null);
  await until('failed dials are told', () => second.told('peer-dial-failed').length > 0);
  assert.match(second.p2p.status()[0]?.lastError ?? '', /\/ip4\/127\.0\.0\.1/);

  const registry = makeRegistry({ committees: [[1, 2, 3, 4]] });
  const { privateKey } = first;
  const again = await startNode(1, registry, { privateKey, listen: [address.replace(/\/p2p\/.*$/, '')] });
  await until('back', () => isMeshed([again, second]));
  assert.equal(second.p2p.status()[0]?.lastError, null);
});

test('a message that nobody can receive is a report, and so is one that is too large', async () => {
  const node = await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }), { messageBytesMax: 1024 });
  const committee = committeeOf([1, 2, 3, 4]).id;
  node.p2p.gossip.publish(committee, bytes('anyone?'));
  node.p2p.gossip.publish(committee, new Uint8Array(1025));
  await until('both told', () => node.told('publish-failed').length === 2);
  const reasons = node.told('publish-failed').map(({ why }) => why);
  assert.ok(reasons.some((why) => /1025 bytes is over 1024/.test(why)));
  assert.ok(reasons.some((why) => /no operator/.test(why)));
});

test('another registry changes whom a node talks to', async () => {
  const nodes = await startCluster(4);
  await until('all connected', () => isMeshed(nodes));
  const [first] = nodes;
  assert.ok(first !== undefined);
  first.p2p.replaceRegistry(makeRegistry({ committees: [[1, 5, 6, 7]] }));
  await until(
    'former fellows are gone',
    () => !first.p2p.peers.isConnected(id(2)) && !first.p2p.peers.isConnected(id(4)),
  );
  assert.deepEqual(
    first.p2p.status().map(({ operator }) => operator),
    [5, 6, 7],
  );
});

test('streams of other protocols are served to proven operators, with their operator id', async () => {
  const [first, second] = await startCluster(4);
  assert.ok(first !== undefined && second !== undefined);
  const from: Asker[] = [];
  await first.p2p.handle(
    '/quorate/echo/1.0.0',
    async (stream, asker) => {
      from.push(asker);
      await stream.close();
    },
    4,
  );
  await until('connected', () => isMeshed([first, second]));
  const stream = await second.p2p.open(id(1), '/quorate/echo/1.0.0', AbortSignal.timeout(5_000));
  await stream.close();
  await until('served', () => from.length === 1);
  assert.deepEqual(from, [{ type: 'operator', operator: 2 }]);
  await assert.rejects(
    second.p2p.open(id(9), '/quorate/echo/1.0.0', AbortSignal.timeout(5_000)),
    /operator 9 is not connected/,
  );
});

test('a node that cannot listen says so', async () => {
  const registry = makeRegistry({ committees: [[1, 2, 3, 4]] });
  await assert.rejects(startNode(1, registry, { listen: ['/ip4/203.0.113.7/tcp/13000'] }));
});
