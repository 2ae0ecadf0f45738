/**
 * Observers among operators: they hear everything, push nobody out of a mesh, count as nobody, ask and are asked, and come back.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { HistoryRequest, HistoryResponse } from '../../../src/core/history/messages.ts';
import type { CommitteeId, OperatorId, Slot } from '../../../src/core/ids.ts';
import { createHistoryProtocol } from '../../../src/p2p/history/protocol.ts';
import type { GuestPolicy } from '../../../src/p2p/observers/guests.ts';
import {
  committeeOf,
  domain,
  id,
  isMeshed,
  makeRegistry,
  type Node,
  startCluster,
  startNode,
  stopAll,
  until,
} from '../cluster.ts';
import { addressesOf, startObserverNode, stopObservers } from './observers.ts';

afterEach(async () => {
  await stopObservers();
  await stopAll();
});

const guests: GuestPolicy = { atMost: 8, allowed: new Set() };
const committee = committeeOf([1, 2, 3, 4]).id as CommitteeId;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const asked: HistoryRequest = {
  kind: 'range',
  committee,
  from: 5 as Slot,
  to: 9 as Slot,
  validators: [],
  after: null,
};
const page: HistoryResponse = { type: 'page', memory: 'caught-up', entries: [], next: null };
const never = new AbortController().signal;

/** Serves `page` as an operator does; tells whom it blamed. */
const serve = async (node: Node): Promise<unknown[]> => {
  const blamed: unknown[] = [];
  await createHistoryProtocol<OperatorId>({
    handle: node.p2p.handle,
    open: node.p2p.open,
    blame: () => {},
    blameAsker: (asker) => blamed.push(asker),
  }).serve(() => page);
  return blamed;
};

test('two observers beside four operators hear every message, and operators are meshed with operators alone', async () => {
  const nodes = await startCluster(4, { guests });
  for (const node of nodes) node.p2p.gossip.listen(() => 'accept');
  await until('operators are connected', () => isMeshed(nodes));
  const observers = [
    await startObserverNode(addressesOf(nodes)),
    await startObserverNode(addressesOf(nodes)),
  ];
  await until('observers are connected', () => observers.every((observer) => observer.connected() === 4));
  const operators = new Set(nodes.map((node) => node.p2p.peerId));
  await until('every mesh has operators, and nobody else', () =>
    nodes.every((node) => {
      const mesh = node.p2p.audienceOf(committee).mesh;
      return mesh.length > 0 && mesh.every((peer) => operators.has(peer));
    }),
  );
  await until('observers are subscribed', () =>
    nodes.every((node) =>
      observers.every((observer) => node.p2p.audienceOf(committee).all.includes(observer.p2p.peerId)),
    ),
  );
  for (const [at, node] of nodes.entries()) node.p2p.gossip.publish(committee, bytes(`from ${at + 1}`));
  const all = ['from 1', 'from 2', 'from 3', 'from 4'];
  await until('every observer has heard every operator', () =>
    observers.every(({ heard }) => all.every((text) => heard.includes(text))),
  );
  // Nobody takes them for operators: not those that count connections, nor hello, nor the operators' own status.
  for (const node of nodes) {
    assert.equal(node.p2p.status().length, 3);
    assert.equal(node.told('peer-connected').length, 3);
    assert.deepEqual(node.twins, []);
  }
});

test('an observer connected to one operator alone hears the others too', async () => {
  const nodes = await startCluster(4, { guests });
  for (const node of nodes) node.p2p.gossip.listen(() => 'accept');
  await until('operators are connected', () => isMeshed(nodes));
  const [first] = nodes;
  assert.ok(first !== undefined);
  const observer = await startObserverNode({ 1: addressesOf([first])[1] ?? [] });
  await until('it is connected', () => observer.connected() === 1);
  await until('it is subscribed', () => first.p2p.audienceOf(committee).all.includes(observer.p2p.peerId));
  for (const [at, node] of nodes.entries()) node.p2p.gossip.publish(committee, bytes(`from ${at + 1}`));
  await until('it has heard all', () => observer.heard.length === 4);
});

test('an observer asks an operator, and another observer asks it', async () => {
  const [first] = await startCluster(1, { guests });
  assert.ok(first !== undefined);
  await serve(first);
  const observer = await startObserverNode(addressesOf([first]));
  await observer.p2p.history.serve(() => page);
  const other = await startObserverNode({}, { peers: observer.p2p.addresses() });
  await until('both are connected', () => observer.connected() === 1 && other.connected() === 1);
  for (const one of [observer, other]) {
    const source = one.p2p.sources().find(({ connected }) => connected)?.source;
    assert.ok(source !== undefined);
    assert.equal((await one.p2p.history.ask(source, asked, never)).type, 'page');
  }
  const missing = other.p2p.sources().find(({ connected }) => !connected)?.source;
  assert.ok(missing !== undefined);
  await assert.rejects(other.p2p.history.ask(missing, asked, never), /operator 1 is not connected/);
});

test('observers may ask less often than operators, and take nothing from what operators may', async () => {
  const nodes = await startCluster(2, { guests });
  const [first, second] = nodes as [Node, Node];
  await until('operators are connected', () => isMeshed(nodes));
  await serve(first);
  const observer = await startObserverNode(addressesOf([first]));
  await until('it is connected', () => observer.connected() === 1);
  const [source] = observer.p2p.sources();
  assert.ok(source !== undefined);
  const types: string[] = [];
  for (let count = 0; count < 30; count++)
    types.push((await observer.p2p.history.ask(source.source, asked, never)).type);
  assert.ok(types.includes('busy'), 'the observer is told to wait');
  const operator = createHistoryProtocol<OperatorId>({
    handle: second.p2p.handle,
    open: second.p2p.open,
    blame: () => {},
    blameAsker: () => {},
  });
  for (let count = 0; count < 20; count++)
    assert.equal((await operator.ask(id(1), asked, never)).type, 'page');
});

test('an observer comes back to an operator that was away', async () => {
  const [first] = await startCluster(1, { guests });
  assert.ok(first !== undefined);
  const listen = first.p2p.addresses().map((text) => text.replace(/\/p2p\/.*$/, ''));
  const observer = await startObserverNode({ 1: listen });
  await until('it is connected', () => observer.connected() === 1);
  await first.stop();
  await until('it noticed', () => observer.connected() === 0);
  await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }), { listen, guests });
  await until('it is back', () => observer.connected() === 1);
  const states = observer.events.flatMap((event) =>
    event.type === 'source' && event.source === 'operator 1' ? [event.state] : [],
  );
  assert.deepEqual([states[0], states[1], states.at(-1)], ['connected', 'lost', 'connected']);
});

test('why a node does not let an observer in is told', async () => {
  const [open, full] = [
    await startNode(1, makeRegistry({ committees: [[1, 2, 3, 4]] }), { guests }),
    await startNode(2, makeRegistry({ committees: [[1, 2, 3, 4]] })),
  ];
  const addresses = addressesOf([open, full]);
  const whyOf = async (more: Parameters<typeof startObserverNode>[1], name: string): Promise<string> => {
    const observer = await startObserverNode({ ...addresses, 3: addresses[1] ?? [] }, more);
    const find = () => observer.p2p.sources().find(({ source }) => source.name === name)?.lastError ?? null;
    await until('there is a reason', () => find() !== null);
    const why = find() ?? '';
    await observer.stop();
    return why;
  };
  assert.match(await whyOf({ domain: Uint8Array.of(...domain, 9) }, 'operator 1'), /another network/);
  assert.match(await whyOf({}, 'operator 2'), /as many observers as it may/);
  assert.match(await whyOf({}, 'operator 3'), /operator 1 answers there/);
  assert.match(await whyOf({}, 'operator 4'), /has no address/);
});
