/**
 * Gossip under pressure: scores, hostile frames, floods and readers that do not read; hosts without hello, raw peers.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { RPC } from '@libp2p/gossipsub/message';
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import type { CommitteeId, OperatorId } from '../../../src/core/ids.ts';
import { allTopics, subnetOf, topicOf } from '../../../src/p2p/gossip.ts';
import type { Host } from '../../../src/p2p/host.ts';
import { connect, domain, startStranger, stopAll, strangerBytesMax, until } from '../cluster.ts';
import {
  committee,
  hears,
  knows,
  meet,
  say,
  scoreOf,
  startTalker,
  stateOf,
  type Talker,
  topic,
} from './talkers.ts';

afterEach(stopAll);

test('a subnet is the committee id, as a big-endian number, modulo 128', () => {
  const ends: readonly (readonly [string, number])[] = [
    ['00', 0],
    ['7f', 127],
    ['80', 0],
    ['ff', 127],
    ['a5', 0x25],
  ];
  for (const [end, subnet] of ends) {
    const whole = `0x${'c3'.repeat(31)}${end}`;
    assert.equal(subnetOf(whole as CommitteeId), subnet);
    assert.equal(Number(BigInt(whole) % 128n), subnet);
  }
  assert.equal(topicOf(domain, 5), '/quorate/1/51010203/5');
  assert.equal(new Set(allTopics(domain)).size, 128);
});

test("rejected messages lower the sender's score until nothing it sends is heard; others are heard on", async () => {
  const [judge, liar, honest] = [await startTalker(), await startTalker(), await startTalker()];
  await meet(liar, judge);
  await meet(honest, judge);
  judge.verdict = 'reject';
  for (let at = 1; at <= 3; at++) {
    say(liar, `lie ${at}`);
    await until('heard', () => hears(judge, `lie ${at}`));
  }
  await until('graylisted', () => scoreOf(judge, liar.host) < -160);
  assert.equal(scoreOf(judge, honest.host), 0);
  judge.verdict = 'accept';
  // A peer whose score was good is not looked at again for up to a second.
  let round = 0;
  let isHeard = true;
  while (isHeard && round < 40) {
    round += 1;
    say(liar, `truth ${round}`);
    say(honest, `hello ${round}`);
    await until('the honest one is heard', () => hears(judge, `hello ${round}`));
    await new Promise((wake) => setTimeout(wake, 100));
    isHeard = hears(judge, `truth ${round}`);
  }
  assert.ok(!isHeard, 'the liar is no longer heard');
  assert.ok(!hears(honest, 'lie 1'), 'and what was rejected was not forwarded');
});

test('ignored messages cost nothing and are not forwarded; a listener that throws is a fault of ours', async () => {
  const [left, middle, right] = [await startTalker(), await startTalker(), await startTalker()];
  await meet(left, middle);
  await meet(middle, right);
  middle.verdict = 'ignore';
  for (let at = 0; at < 10; at++) say(left, `noise ${at}`);
  await until('judged', () => middle.heard.length === 10);
  middle.gossip.listen(() => {
    throw new Error('a bug');
  });
  say(left, 'bug');
  await until('told', () => middle.events.some((event) => event.type === 'fault' && event.why === 'a bug'));
  middle.gossip.listen((message) => {
    middle.heard.push(message);
    return 'accept';
  });
  // Forwarding is gossip's repair path: one message may be lost on it while the mesh is being made, not one after the other.
  for (let round = 1; right.heard.length === 0; round++) {
    assert.ok(round <= 100, `not forwarded: ${stateOf(left)}; ${stateOf(middle)}; ${stateOf(right)}`);
    say(left, `news ${round}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
  const texts = new Set(right.heard.map((message) => new TextDecoder().decode(message)));
  assert.ok(texts.size === right.heard.length && [...texts].every((text) => text.startsWith('news')));
  assert.equal(scoreOf(middle, left.host), 0);
});

/** A peer that speaks gossipsub's wire by hand. */
const openRaw = async (host: Host, talker: Talker): Promise<Stream> => {
  const connection = await connect(host, talker.host);
  const peer = host.peerId.toString();
  // After the host's own streams: the newest inbound stream is the one that counts.
  await until(
    'usual streams',
    () => talker.router.streamsInbound.has(peer) && talker.router.streamsOutbound.has(peer),
  );
  return connection.newStream('/meshsub/1.2.0', {
    signal: AbortSignal.timeout(5_000),
    maxOutboundStreams: 8,
  });
};
const plain = (text: string) => ({ topic, data: new TextEncoder().encode(text) });
const rpc = (messages: readonly object[]): Uint8Array =>
  RPC.encode({
    subscriptions: [],
    messages: messages as Parameters<typeof RPC.encode>[0] extends { messages?: infer M } ? M : never,
  });

const dressed: readonly (readonly [string, object])[] = [
  ['a sequence number', { seqno: new Uint8Array(8) }],
  ['a signature', { signature: new Uint8Array(64) }],
  ['a key', { key: new Uint8Array(36) }],
];
for (const [title, field] of dressed) {
  test(`a message with ${title} is not heard and lowers the score; without it, it is heard`, async () => {
    const judge = await startTalker();
    const stranger = await startStranger();
    const frames = lpStream(await openRaw(stranger, judge));
    await frames.write(rpc([{ ...plain('dressed'), ...field }]));
    await until('the score falls', () => scoreOf(judge, stranger) < 0);
    await frames.write(rpc([plain('plain')]));
    await until('heard', () => hears(judge, 'plain'));
    assert.ok(!hears(judge, 'dressed'));
  });
}

test('messages of foreign topics and frames of too many messages are dropped whole', async () => {
  const judge = await startTalker();
  const stranger = await startStranger();
  const frames = lpStream(await openRaw(stranger, judge));
  await frames.write(rpc([{ ...plain('foreign'), topic: '/eth2/00000000/beacon_block/ssz_snappy' }]));
  await frames.write(rpc(Array.from({ length: 257 }, (_, at) => plain(`many ${at}`))));
  await frames.write(rpc([plain('last')]));
  await until('heard', () => hears(judge, 'last'));
  assert.deepEqual(judge.heard.length, 1);
});

test('subscriptions to thousands of foreign topics are not kept', async () => {
  const judge = await startTalker();
  const stranger = await startStranger();
  const frames = lpStream(await openRaw(stranger, judge));
  for (let at = 0; at < 20; at++) {
    const subscriptions = Array.from({ length: 200 }, (_, each) => ({
      subscribe: true,
      topic: `/foreign/${at}/${each}`,
    }));
    await frames.write(RPC.encode({ subscriptions, messages: [] }));
  }
  await frames.write(RPC.encode({ subscriptions: [{ subscribe: true, topic }], messages: [] }));
  await until('the one of ours is kept', () => knows(judge, stranger));
  const { topics } = judge.router as unknown as { topics: Map<string, unknown> };
  assert.deepEqual([...topics.keys()], [topic]);
});

test('a flood fills a quarter of the queue, costs one report, and leaves room for others', async () => {
  const [judge, honest] = [await startTalker(), await startTalker()];
  await meet(honest, judge);
  const stranger = await startStranger();
  const frames = lpStream(await openRaw(stranger, judge));
  const flood = Array.from({ length: 40 }, (_, frame) =>
    rpc(Array.from({ length: 250 }, (_, at) => plain(`flood ${frame}/${at}`))),
  );
  await frames.writeV(flood);
  say(honest, 'still here');
  await until('the honest one is heard', () => hears(judge, 'still here'));
  await until('dropped ones are told', () => judge.events.length > 0);
  assert.deepEqual(new Set(judge.events.map(({ type }) => type)), new Set(['message-refused']));
  assert.ok(judge.events.length <= 2, `${judge.events.length} reports`);
  assert.ok(judge.heard.length < 10_000, 'not all were judged');
});

test('strangers and observers together fill half of the queue, the rest is for proven operators', async () => {
  const judge = await startTalker((peer) => (peer.startsWith('operator') ? (2 as OperatorId) : null));
  // At one moment, before anything is judged: ten strangers, then two operators, with more than the queue holds.
  const arrive = (source: string, count: number): void => {
    for (let at = 0; at < count; at++) {
      const detail = { msgId: '', propagationSource: source, msg: plain(`${source}/${at}`) };
      judge.router.dispatchEvent(new CustomEvent('gossipsub:message', { detail }));
    }
  };
  for (let at = 0; at < 10; at++) arrive(`stranger ${at}`, 200);
  for (let at = 0; at < 3; at++) arrive(`operator ${at}`, 300);
  await until('all is judged', () => judge.heard.length >= 1024);
  const heardOf = (who: string): number =>
    judge.heard.filter((message) => new TextDecoder().decode(message).startsWith(who)).length;
  assert.deepEqual([heardOf('stranger'), heardOf('operator')], [512, 512]);
});

test('a frame over the limit ends that stream only', async () => {
  const [judge, honest] = [await startTalker(), await startTalker()];
  await meet(honest, judge);
  const stranger = await startStranger();
  await lpStream(await openRaw(stranger, judge)).write(
    rpc([{ topic, data: new Uint8Array(strangerBytesMax + 32 * 1024) }]),
  );
  await until('ended', () => !judge.router.peers.has(stranger.peerId.toString()));
  say(honest, 'still here');
  await until('the honest one is heard', () => hears(judge, 'still here'));
  assert.equal(judge.heard.length, 1);
});

test('a message over the limit in a frame within it is rejected', async () => {
  const judge = await startTalker();
  const stranger = await startStranger();
  const frames = lpStream(await openRaw(stranger, judge));
  await frames.write(rpc([{ topic, data: new Uint8Array(strangerBytesMax + 1) }]));
  await until('told', () =>
    judge.events.some((event) => event.type === 'message-refused' && event.verdict === 'reject'),
  );
  await until('the score falls', () => scoreOf(judge, stranger) < 0);
  assert.equal(judge.heard.length, 0);
});

test('what waits for a reader that does not read is bounded, and others get everything', async () => {
  const [sender, reader] = [await startTalker(), await startTalker()];
  await meet(sender, reader);
  const slow = await startStranger();
  await slow.unhandle('/meshsub/1.2.0');
  await slow.handle('/meshsub/1.2.0', (stream) => stream.pause());
  const frames = lpStream(await openRaw(slow, sender));
  await frames.write(RPC.encode({ subscriptions: [{ subscribe: true, topic }], messages: [] }));
  await until('subscribed', () => knows(sender, slow));
  const queued = (): number =>
    sender.router.streamsOutbound.get(slow.peerId.toString())?.rawStream.writeBufferLength ?? 0;
  let most = 0;
  for (let at = 0; at < 240; at++) {
    const message = new Uint8Array(60 * 1024);
    new DataView(message.buffer).setUint32(0, at);
    sender.gossip.publish(committee, message);
    await until('the good reader has it', () => reader.heard.length === at + 1);
    most = Math.max(most, queued());
  }
  assert.ok(most > 0, 'something waited');
  assert.ok(most <= 4 * 1024 * 1024, `${most} bytes waited`);
  assert.equal(queued(), 0, 'and the stream was given up');
});
