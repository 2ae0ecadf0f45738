/**
 * Window updates: few, and never too few for the sender to go on.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Stream } from '@libp2p/interface';
import { connect, startStranger, stopAll, until } from './cluster.ts';

afterEach(stopAll);

const protocol = '/quorate/test-windows/1.0.0';
const KiB = 1024;

/** A stream from one host to another; what arrives there, and the bytes that went back. */
const openStream = async (): Promise<{
  readonly stream: Stream;
  readonly arrivedBytes: () => number;
  readonly answeredBytes: () => number;
}> => {
  const [from, to] = [await startStranger(), await startStranger()];
  let arrived = 0;
  await to.handle(protocol, (stream) => {
    stream.addEventListener('message', ({ data }) => {
      arrived += data.byteLength;
    });
  });
  const connection = await connect(from, to);
  const stream = await connection.newStream(protocol);
  let answered = 0;
  // The connection below the streams: all that the other side answers comes through it.
  const { muxer } = connection as unknown as {
    readonly muxer: { onData(bytes: { byteLength: number }): void };
  };
  const onData = muxer.onData.bind(muxer);
  muxer.onData = (bytes) => {
    answered += bytes.byteLength;
    onData(bytes);
  };
  return { stream, arrivedBytes: () => arrived, answeredBytes: () => answered };
};

/** Resolves when the stream takes more. */
const send = async (stream: Stream, bytes: Uint8Array): Promise<void> => {
  if (!stream.send(bytes))
    await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }));
};

test('small messages are not each answered with a window update', async () => {
  const { stream, arrivedBytes, answeredBytes } = await openStream();
  stream.send(new Uint8Array(KiB));
  await until('the stream is established', () => arrivedBytes() === KiB);
  const before = answeredBytes();
  const count = 200;
  for (let at = 1; at <= count; at++) {
    stream.send(new Uint8Array(KiB));
    await until('arrived', () => arrivedBytes() === (at + 1) * KiB);
  }
  // 12 bytes each; pings and what else hosts have to say may be among them.
  const most = (answeredBytes() - before) / 12;
  assert.ok(most < count / 4, `${most} updates at most`);
});

test('a message of many windows arrives', async () => {
  const { stream, arrivedBytes } = await openStream();
  const [parts, partBytes] = [40, 100 * KiB];
  for (let at = 0; at < parts; at++) await send(stream, new Uint8Array(partBytes));
  await until('all arrived', () => arrivedBytes() === parts * partBytes);
});
