/**
 * The history protocol over real streams: honest pages, and peers that flood, lie about lengths, stall or never end.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import {
  encodeRequest,
  encodeResponse,
  type HistoryRequest,
  type HistoryResponse,
} from '../../../src/core/history/messages.ts';
import type { CommitteeId, OperatorId, Slot } from '../../../src/core/ids.ts';
import { helloFrames } from '../../../src/p2p/hello.ts';
import { createAllowance } from '../../../src/p2p/history/allowance.ts';
import { createConduct } from '../../../src/p2p/history/conduct.ts';
import {
  createHistoryProtocol,
  type HistoryProtocolOptions,
  historyProtocol,
} from '../../../src/p2p/history/protocol.ts';
import { entryOf, voteAt, wholeProof } from '../../core/history/sample.ts';
import { committeeOf, id, isMeshed, makeRegistry, type Node, startNode, stopAll, until } from '../cluster.ts';

after(stopAll);

const asked: HistoryRequest = {
  kind: 'range',
  committee: committeeOf([1, 2, 3, 4]).id as CommitteeId,
  from: 5 as Slot,
  to: 9 as Slot,
  validators: [],
  after: null,
};
const vote = voteAt(900);
const page: HistoryResponse = {
  type: 'page',
  memory: 'caught-up',
  entries: [entryOf(vote, wholeProof(vote, 0), wholeProof(vote, 3))],
  next: [900, 4, 0],
};
const never = new AbortController().signal;

const startPair = async (): Promise<readonly [Node, Node]> => {
  const committees = [[1, 2, 3, 4]];
  const first = await startNode(1, makeRegistry({ committees }));
  const addresses = { 1: first.p2p.addresses().map((address) => address.replace(/\/p2p\/.*$/, '')) };
  const second = await startNode(2, makeRegistry({ committees, addresses }));
  await until('the two are connected', () => isMeshed([first, second]));
  return [first, second];
};

const protocolOf = (node: Node, more: Partial<HistoryProtocolOptions<OperatorId>> = {}) => {
  const conduct = createConduct<OperatorId>(Date.now);
  const protocol = createHistoryProtocol<OperatorId>({
    handle: node.p2p.handle,
    open: node.p2p.open,
    blame: conduct.blame,
    blameAsker: (asker) => asker.type === 'operator' && conduct.blame(asker.operator),
    patienceMs: 2_000,
    ...more,
  });
  return { conduct, protocol };
};

/** What a stranger's code does with a stream that we opened or that it opened. */
const framesOf = (stream: Stream) => lpStream(stream, { ...helloFrames, maxDataLength: 1 << 24 });

test('a page travels as it was told, and another one is asked on a new stream', async () => {
  const [server, client] = await startPair();
  const requests: HistoryRequest[] = [];
  await protocolOf(server).protocol.serve((request) => {
    requests.push(request);
    return page;
  });
  const { protocol } = protocolOf(client);
  assert.deepEqual(encodeResponse(await protocol.ask(id(1), asked, never)), encodeResponse(page));
  await protocol.ask(id(1), { ...asked, after: [900, 4, 0] }, never);
  assert.deepEqual(requests, [asked, { ...asked, after: [900, 4, 0] }]);
  await Promise.all([server.stop(), client.stop()]);
});

test('whoever asks too often is told to wait, others are still answered', async () => {
  const [server, client] = await startPair();
  let nowMs = 0;
  const allowance = createAllowance<string>(
    () => nowMs,
    { burst: 3, perSecond: 1 },
    { burst: 100, perSecond: 100 },
  );
  await protocolOf(server, { allowance }).protocol.serve(() => page);
  const { protocol } = protocolOf(client);
  const types: string[] = [];
  for (let count = 0; count < 5; count++) types.push((await protocol.ask(id(1), asked, never)).type);
  assert.deepEqual(types, ['page', 'page', 'page', 'busy', 'busy']);
  nowMs += 1000;
  assert.equal((await protocol.ask(id(1), asked, never)).type, 'page');
  assert.equal(allowance.take('3'), true);
  await Promise.all([server.stop(), client.stop()]);
});

test('a request that is none costs its sender score and no answer', async () => {
  const [server, client] = await startPair();
  let answered = 0;
  const { conduct, protocol } = protocolOf(server);
  await protocol.serve(() => {
    answered += 1;
    return page;
  });
  for (const bytes of [new Uint8Array(100).fill(7), new Uint8Array(0), encodeRequest(asked).subarray(1)]) {
    const before = conduct.scoreOf(id(2));
    const stream = await client.p2p.open(id(1), historyProtocol, never);
    await framesOf(stream).write(bytes);
    await until('it was blamed', () => conduct.scoreOf(id(2)) < before);
  }
  // A frame beyond the limit, of which only the length is ever sent: read no further.
  const stream = await client.p2p.open(id(1), historyProtocol, never);
  const closed = new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }));
  stream.send(Uint8Array.of(0x7f, 0xff, 0xff, 0xff));
  await closed;
  assert.equal(answered, 0);
  await Promise.all([server.stop(), client.stop()]);
});

test('a server that sends garbage, too much, or nothing is left', async () => {
  const [server, client] = await startPair();
  let behave: (stream: Stream) => Promise<void> = async () => {};
  await server.p2p.handle(historyProtocol, async (stream) => behave(stream), 8);
  const { conduct, protocol } = protocolOf(client, { patienceMs: 500 });
  behave = async (stream) => {
    await framesOf(stream).read();
    await framesOf(stream).write(new Uint8Array(5000).fill(3));
  };
  await assert.rejects(protocol.ask(id(1), asked, never), /malformed answer/);
  assert.ok(conduct.scoreOf(id(1)) < 0);
  behave = async (stream) => {
    // An endless stream without a frame: its first four bytes announce two gigabytes.
    for (let count = 0; count < 400 && stream.status === 'open'; count++) {
      stream.send(new Uint8Array(65_536).fill(0x7e));
      await new Promise((next) => setImmediate(next));
    }
  };
  await assert.rejects(protocol.ask(id(1), asked, never));
  behave = () => new Promise(() => {});
  await assert.rejects(protocol.ask(id(1), asked, never));
  await assert.rejects(protocol.ask(id(3), asked, never), /not connected/);
  await Promise.all([server.stop(), client.stop()]);
});

test('what an operator was caught at fades', () => {
  let nowMs = 0;
  const conduct = createConduct<OperatorId>(() => nowMs);
  assert.equal(conduct.scoreOf(id(1)), 0);
  for (let count = 0; count < 50; count++) conduct.blame(id(1));
  assert.equal(conduct.scoreOf(id(1)), -120);
  nowMs += 3_600_000;
  assert.ok(conduct.scoreOf(id(1)) > -2);
  assert.equal(conduct.scoreOf(id(2)), 0);
});
