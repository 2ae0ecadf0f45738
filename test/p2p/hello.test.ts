/**
 * Hello between real nodes: who is refused, and that both are told why.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Refusal } from '../../src/p2p/hello-message.ts';
import {
  id,
  isMeshed,
  makeRegistry,
  makeRsa,
  type Node,
  type RsaPair,
  rsaOf,
  startNode,
  stopAll,
  until,
} from './cluster.ts';
import { bare, dialing, firstOf, four, startFirst, told } from './hello-scene.ts';

afterEach(stopAll);

interface Misfit {
  readonly title: string;
  readonly why: Refusal;
  /** What operator 2 believes; it dials operator 1 at the address given. */
  start(address: string): Promise<Node>;
}

const misfits: readonly Misfit[] = [
  {
    title: 'a node of another network',
    why: 'other-network',
    start: (address) => startNode(2, dialing()(address), { domain: Uint8Array.of(9, 9, 9, 9) }),
  },
  {
    title: 'an operator that is not in the cluster file',
    why: 'unknown-operator',
    start: (address) => startNode(9, dialing({ committees: [[1, 2, 3, 9]] })(address)),
  },
  {
    title: 'an operator of a cluster with another key for a third one',
    why: 'other-cluster',
    start: (address) => startNode(2, dialing({ keys: { 3: rsaOf(8).publicPem } })(address)),
  },
  {
    title: 'a node that claims to be operator 2 without its key',
    why: 'bad-signature',
    start: (address) => startNode(2, dialing()(address), { pair: makeRsa() satisfies RsaPair }),
  },
];

for (const { title, why, start } of misfits) {
  test(`${title} is refused, and both sides are told why: ${why}`, async () => {
    const first = await startFirst();
    const other = await start(bare(firstOf(first.p2p.addresses())));
    await until('the refused is told', () => other.told('peer-dial-failed').length > 0);
    await until('the refusing is told', () => told(first).length > 0);
    assert.match(
      firstOf(told(first)),
      new RegExp(`hello refused: ${why} \\(peer .* at /ip4/127\\.0\\.0\\.1/.*claims operator \\d+\\): \\w`),
    );
    assert.match(
      firstOf(other.told('peer-dial-failed').map((event) => event.why)),
      new RegExp(`it refused our hello: ${why}: \\w`),
    );
    assert.ok(!first.p2p.peers.isConnected(other.operator));
    assert.ok(!other.p2p.peers.isConnected(id(1)));
    assert.match(other.p2p.status().find(({ operator }) => operator === 1)?.lastError ?? '', new RegExp(why));
  });
}

test('an operator that shares no committee with us is refused', async () => {
  const first = await startNode(1, makeRegistry({ committees: [four, [5, 6, 7, 8]] }));
  const other = await startNode(5, dialing({ committees: [[1, 5, 6, 7]] })(firstOf(first.p2p.addresses())));
  await until('told', () => told(first).some((why) => why.includes('no-shared-committee')));
  assert.ok(!first.p2p.peers.isConnected(other.operator));
});

test('an operator under another peer id than the cluster file pins is refused; under the pinned one it is taken', async () => {
  const right = await generateKeyPair('Ed25519');
  const probe = await startNode(2, makeRegistry({ committees: [four] }), { privateKey: right });
  const pin = `/ip4/127.0.0.1/tcp/9/p2p/${probe.p2p.peerId}`;
  await probe.stop();
  const first = await startNode(1, makeRegistry({ committees: [four], addresses: { 2: [pin] } }));
  const registry = dialing()(firstOf(first.p2p.addresses()));
  const wrong = await startNode(2, registry);
  await until('told', () => told(first).some((why) => why.includes('wrong-peer-id')));
  await wrong.stop();
  await startNode(2, registry, { privateKey: right });
  await until('taken', () => first.p2p.peers.isConnected(id(2)));
});

test('an address at which another operator answers is reported as such', async () => {
  const third = await startNode(3, makeRegistry({ committees: [four] }));
  const second = await startNode(2, dialing()(bare(firstOf(third.p2p.addresses()))));
  await until('told', () =>
    second.told('peer-dial-failed').some(({ why }) => why === 'operator 3 answers there'),
  );
  assert.ok(second.p2p.peers.isConnected(id(3)), 'it is a fellow all the same');
});

test('operators with other validators stay connected, and are told to compare their files', async () => {
  const first = await startFirst();
  const addresses = { 1: first.p2p.addresses() };
  const second = await startNode(2, makeRegistry({ committees: [four], validators: 2, addresses }));
  await until('connected', () => isMeshed([first, second]));
  for (const node of [first, second]) {
    assert.ok(
      node
        .told('fault')
        .some(({ where, why }) => where === 'cluster' && /compare the cluster files/.test(why)),
    );
  }
});
