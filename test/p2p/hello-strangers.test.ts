/**
 * Hello against strangers who lie, replay, relay, stay silent or talk too much.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Connection, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { toHex } from '../../src/core/bytes.ts';
import { helloFrames, helloProtocol } from '../../src/p2p/hello.ts';
import {
  type Claim,
  clusterDigest,
  encodeHello,
  type HelloMessage,
  parseHello,
  statementOf,
  validatorsDigest,
} from '../../src/p2p/hello-message.ts';
import type { Host } from '../../src/p2p/host.ts';
import {
  domain,
  id,
  makeKeys,
  makeRegistry,
  type Node,
  startNode,
  startStranger,
  stopAll,
  until,
} from './cluster.ts';
import { dialing, firstOf, four, startFirst, told } from './hello-scene.ts';

afterEach(stopAll);

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
