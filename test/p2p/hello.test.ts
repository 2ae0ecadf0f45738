/**
 * Hello between real nodes and against strangers who lie, replay, relay, stay silent or talk too much.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { toHex } from '../../src/core/bytes.ts';
import { allTopics } from '../../src/p2p/gossip.ts';
import { helloFrames, helloProtocol } from '../../src/p2p/hello.ts';
import {
  type Claim,
  clusterDigest,
  encodeHello,
  type HelloMessage,
  parseHello,
  type Refusal,
  statementOf,
  validatorsDigest,
} from '../../src/p2p/hello-message.ts';
import { createHost, type Host } from '../../src/p2p/host.ts';
import type { P2pConfig } from '../../src/p2p/node.ts';
import {
  anyPort,
  domain,
  id,
  isMeshed,
  makeKeys,
  makeRegistry,
  makeRsa,
  type Node,
  type RsaPair,
  rsaOf,
  startNode,
  stopAll,
  until,
} from './cluster.ts';

const strangers: Host[] = [];
afterEach(async () => {
  await stopAll();
  await Promise.all(strangers.splice(0).map((host) => host.stop()));
});

const four = [1, 2, 3, 4];
const firstOf = (values: readonly string[]): string => {
  const [value] = values;
  assert.ok(value !== undefined);
  return value;
};
const bare = (address: string): string => address.replace(/\/p2p\/.*$/, '');
const startFirst = (more: Partial<P2pConfig> = {}): Promise<Node> =>
  startNode(1, makeRegistry({ committees: [four] }), more);
const told = (node: Node): readonly string[] => node.told('message-refused').map(({ why }) => why);

interface Misfit {
  readonly title: string;
  readonly why: Refusal;
  /** What operator 2 believes; it dials operator 1 at the address given. */
  start(address: string): Promise<Node>;
}

const dialing =
  (shape: { committees?: number[][]; keys?: Record<number, string> } = {}) =>
  (address: string) =>
    makeRegistry({
      committees: shape.committees ?? [four],
      keys: shape.keys ?? {},
      addresses: { 1: [address] },
    });

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
      new RegExp(`hello refused: ${why} \\(peer .* at /ip4/127\\.0\\.0\\.1/.*claims operator`),
    );
    assert.match(
      firstOf(other.told('peer-dial-failed').map((event) => event.why)),
      new RegExp(`it refused our hello: ${why}`),
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

/** A libp2p host with no manners of its own. */
const startStranger = async (): Promise<Host> => {
  const host = await createHost({
    privateKey: await generateKeyPair('Ed25519'),
    listen: [anyPort],
    topics: allTopics(domain),
    committeeSize: 4,
    messageBytesMax: 65536,
  });
  strangers.push(host);
  return host;
};

const dial = (host: Host, node: Node): Promise<Connection> =>
  host.dial(multiaddr(firstOf(node.p2p.addresses())), { signal: AbortSignal.timeout(5_000) });
const openHello = (connection: Connection): Promise<Stream> =>
  connection.newStream(helloProtocol, { signal: AbortSignal.timeout(5_000), maxOutboundStreams: 32 });

const signal = (): AbortSignal => AbortSignal.timeout(5_000);
const framesOf = (stream: Stream) => {
  const frames = lpStream(stream, { ...helloFrames });
  return {
    raw: frames,
    send: (message: HelloMessage) => frames.write(encodeHello(message), { signal: signal() }),
    read: async (): Promise<HelloMessage | null> =>
      parseHello((await frames.read({ signal: signal() })).subarray()),
  };
};
const claimOf = (operator: number, more: Partial<Claim> = {}): Claim => ({
  type: 'claim',
  version: 1,
  domain: toHex(domain),
  operator: id(operator),
  nonce: `0x${'11'.repeat(32)}`,
  instance: `0x${'22'.repeat(16)}`,
  ...more,
});

const registry = makeRegistry({ committees: [four] });
/** What operator 2 would sign for operator 1, who said `theirs`. */
const proofFor = async (host: Host, node: Node, own: Claim, theirs: Claim): Promise<HelloMessage> => {
  const signedAtMs = Date.now();
  const digest = clusterDigest(registry, domain, own.operator, theirs.operator);
  const statement = statementOf({
    domain,
    signer: {
      operator: own.operator,
      peer: host.peerId.toString(),
      nonce: own.nonce,
      instance: own.instance,
    },
    verifier: { operator: theirs.operator, peer: node.p2p.peerId, nonce: theirs.nonce },
    signedAtMs,
    digest,
  });
  const signature = toHex(await makeKeys(registry, own.operator).sign(statement));
  return { type: 'proof', signedAtMs, digest, signature };
};

/** A hello as operator 2 that is right in everything. */
const greetByHand = async (host: Host, node: Node, connection: Connection) => {
  const own = claimOf(2);
  const stream = await openHello(connection);
  const frames = framesOf(stream);
  await frames.send(own);
  const theirs = await frames.read();
  assert.ok(theirs?.type === 'claim');
  const proof = await proofFor(host, node, own, theirs);
  await frames.send(proof);
  assert.equal((await frames.read())?.type, 'proof');
  await frames.send({
    type: 'peers',
    addresses: [],
    known: [],
    validators: validatorsDigest(registry, id(1), id(2)),
    twin: null,
  });
  assert.equal((await frames.read())?.type, 'peers');
  await stream.close({ signal: signal() });
  return { own, proof };
};

test('a hello spoken by hand is taken once, and its proof is worth nothing in a second session', async () => {
  const first = await startFirst();
  const host = await startStranger();
  const connection = await dial(host, first);
  const { own, proof } = await greetByHand(host, first, connection);
  await until('taken', () => first.p2p.peers.isConnected(id(2)));

  const again = framesOf(await openHello(connection));
  await again.send(own);
  assert.equal((await again.read())?.type, 'claim');
  await again.send(proof);
  assert.deepEqual(await again.read(), { type: 'refused', why: 'bad-signature' });
  await until('and cut off', () => connection.status !== 'open' && !first.p2p.peers.isConnected(id(2)));
});

test('a man in the middle who relays hello between two operators is neither of them', async () => {
  const first = await startFirst();
  const middle = await startStranger();
  const relay = (from: Stream, to: Stream): void => {
    from.addEventListener('message', ({ data }) => void to.send(data.subarray()));
  };
  let relayed = 0;
  await middle.handle(helloProtocol, async (stream) => {
    const onward = await openHello(await dial(middle, first));
    relay(onward, stream);
    relay(stream, onward);
    relayed += 1;
  });
  const second = await startNode(2, dialing()(firstOf(middle.getMultiaddrs().map(String))));
  await until(
    'relayed and refused',
    () => relayed > 0 && told(first).some((why) => why.includes('bad-signature')),
  );
  await until('the dialer is told', () => second.told('peer-dial-failed').length > 0);
  assert.ok(!first.p2p.peers.isConnected(id(2)) && !second.p2p.peers.isConnected(id(1)));
});

const rude: readonly (readonly [string, RegExp, (stream: Stream) => Promise<void>])[] = [
  [
    'says something else',
    /hello refused: malformed/,
    (stream) => framesOf(stream).raw.write(new TextEncoder().encode('{"type":"hi"}')),
  ],
  [
    'proves before it claims',
    /hello refused: malformed/,
    (stream) =>
      framesOf(stream).send({
        type: 'proof',
        signedAtMs: 1,
        digest: `0x${'00'.repeat(32)}`,
        signature: '0x00',
      }),
  ],
  ['is of a later version', /other-version/, (stream) => framesOf(stream).send(claimOf(2, { version: 2 }))],
  [
    'sends a frame over 64 KiB',
    /hello failed: Message length too long/,
    (stream) => framesOf(stream).raw.write(new Uint8Array(65 * 1024)),
  ],
  [
    'sends a length without end',
    /hello failed: Message length too long/,
    async (stream) => void stream.send(new Uint8Array(32).fill(0xff)),
  ],
  ['closes at once', /hello failed/, (stream) => stream.close()],
  [
    'sends a part and waits',
    /hello timed out|no hello in time/,
    async (stream) => void stream.send(Uint8Array.of(0, 0, 1, 0, 123)),
  ],
];
for (const [title, reason, act] of rude) {
  test(`a stranger who ${title} is cut off, and the reason is told`, async () => {
    const first = await startFirst({ helloTimeoutMs: 700 });
    const connection = await dial(await startStranger(), first);
    await act(await openHello(connection));
    await until('cut off', () => connection.status !== 'open');
    await until('told', () => told(first).length > 0);
    assert.match(firstOf(told(first)), reason);
  });
}

test('a stranger who says nothing is cut off in time', async () => {
  const first = await startFirst({ helloTimeoutMs: 300 });
  const connection = await dial(await startStranger(), first);
  await until('cut off', () => connection.status !== 'open');
  assert.match(firstOf(told(first)), /no hello in time/);
});

test('a stranger is told nothing about anyone before it has proven itself', async () => {
  const first = await startFirst();
  const frames = framesOf(await openHello(await dial(await startStranger(), first)));
  await frames.send(claimOf(2));
  assert.equal((await frames.read())?.type, 'claim');
  await frames.send({
    type: 'proof',
    signedAtMs: 1,
    digest: `0x${'00'.repeat(32)}`,
    signature: `0x${'00'.repeat(256)}`,
  });
  assert.deepEqual(await frames.read(), { type: 'refused', why: 'bad-signature' });
});

test('of the hellos started on one connection, six a minute are answered', async () => {
  const first = await startFirst();
  const host = await startStranger();
  const connection = await dial(host, first);
  for (let at = 0; at < 6; at++) await greetByHand(host, first, connection);
  await assert.rejects(greetByHand(host, first, connection));
});

test('unproven connections are bounded: the oldest goes for the newest, and an operator still gets in', async () => {
  // Time alone closes none of them here.
  const first = await startFirst({ helloTimeoutMs: 120_000 });
  const host = await startStranger();
  // One at a time: dials to one address that overlap become one connection.
  const connections = new Set<Connection>();
  for (let tries = 0; connections.size < 70 && tries < 2_000; tries++) {
    const dialed = await host
      .dial(multiaddr(firstOf(first.p2p.addresses())), { force: true, signal: signal() })
      .then(
        (connection) => connections.add(connection),
        // Over 20 a second the listener does not even begin.
        () => null,
      );
    if (dialed === null) await new Promise((wake) => setTimeout(wake, 50));
  }
  assert.equal(connections.size, 70);
  const isOpen = () => [...connections].map(({ status }) => status === 'open');
  await until('six are closed', () => isOpen().filter((open) => open).length === 64);
  assert.deepEqual(isOpen().slice(0, 6), Array(6).fill(false), 'the oldest');
  await startNode(2, dialing()(firstOf(first.p2p.addresses())));
  await until('an operator gets in', () => first.p2p.peers.isConnected(id(2)));
});

test('one operator holds at most four connections', async () => {
  const first = await startFirst();
  const host = await startStranger();
  const connections: Connection[] = [];
  for (let at = 0; at < 7; at++) {
    const connection = await host.dial(multiaddr(firstOf(first.p2p.addresses())), {
      force: true,
      signal: signal(),
    });
    await greetByHand(host, first, connection);
    connections.push(connection);
  }
  await until('three are closed', () => connections.filter(({ status }) => status === 'open').length === 4);
  assert.ok(first.p2p.peers.isConnected(id(2)));
  assert.equal(first.told('peer-lost').length, 0);
});

test('an operator whose old connection no longer answers is not taken for a twin, and the old one is ended', async () => {
  const first = await startFirst();
  const host = await startStranger();
  const elder = await dial(host, first);
  await greetByHand(host, first, elder);
  await until('taken', () => first.p2p.peers.isConnected(id(2)));
  await startNode(2, dialing()(firstOf(first.p2p.addresses())));
  await until('the elder is ended', () => elder.status !== 'open');
  assert.ok(first.p2p.peers.isConnected(id(2)), 'by the new connection');
  assert.equal(first.told('peer-lost').length, 0);
  assert.ok(!first.told('fault').some(({ where }) => where === 'twin'));
});
