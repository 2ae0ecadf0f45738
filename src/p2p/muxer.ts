/**
 * Yamux without an answer to every frame.
 *
 * The library tells the sender after each frame how much more it may send, however little it was. Over a connection that carries
 * gossip, that is a second packet, encrypted, written and read, for each message. Here it is told once a quarter of the window is used:
 * the rest, 192 KiB at first, is more than the largest batch that we send at once, so that nobody waits a round trip for it.
 * Source: https://github.com/hashicorp/yamux/blob/master/spec.md
 */
import { strict as assert } from 'node:assert';
import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface';
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux';

/** What we use of a stream beyond its public type. Windows in bytes. */
interface WindowedStream {
  /** 3: both sides have agreed on the stream. */
  readonly state: number;
  readonly recvWindow: number;
  /** What is left of it. */
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/** What we use of the muxer beyond its public type. */
interface Muxer extends StreamMuxer {
  onRemoteStream(stream: WindowedStream): void;
}

const established = 3;

const tellLess = (stream: WindowedStream): void => {
  const { sendWindowUpdate } = stream;
  stream.sendWindowUpdate = () => {
    // Before a stream is established, the update is what carries the word that it is.
    if (stream.state === established && 4 * stream.recvWindowCapacity > 3 * stream.recvWindow) return;
    sendWindowUpdate.call(stream);
  };
};

/** Like the library's own, but for the streams that the other side opens, as a neighbour does to gossip. */
export const thriftyYamux = (init: YamuxMuxerInit) => (): StreamMuxerFactory => {
  const factory: StreamMuxerFactory = yamux(init)();
  const createStreamMuxer = factory.createStreamMuxer.bind(factory);
  factory.createStreamMuxer = (connection) => {
    const muxer = createStreamMuxer(connection) as Muxer;
    assert(
      typeof muxer.onRemoteStream === 'function',
      'this version of @libp2p/yamux hides what muxer.ts changes',
    );
    const onRemoteStream = muxer.onRemoteStream.bind(muxer);
    muxer.onRemoteStream = (stream) => {
      tellLess(stream);
      onRemoteStream(stream);
    };
    return muxer;
  };
  return factory;
};
