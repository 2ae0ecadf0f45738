/**
 * Decided history over streams: /quorate/history/1.0.0. One request and one answer to a stream, each a frame with a four-byte
 * length, at most 8 KiB and 1 MiB. Contents are core/history/messages.ts.
 *
 * Whoever wants more asks again: a slow reader holds one page, an endless talker is cut off at one. Both ends have a time
 * limit. Only peers that said who they are get an answer, each in its measure; observers have a smaller one of their own.
 */
import type { Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type HistoryRequest,
  type HistoryResponse,
  pageBytesMax,
  requestBytesMax,
} from '../../core/history/messages.ts';
import type { HistoryPeers } from '../../workflow/history/ports.ts';
import { helloFrames } from '../hello.ts';
import type { Asker } from '../observers/guests.ts';
import { type Allowance, createAllowance, rateOfGuest, rateOfGuests } from './allowance.ts';

export const historyProtocol = '/quorate/history/1.0.0';
/** Streams that one connection may have open at us. */
const streamsMax = 2;
/** Longest that a request may take to come in, or a page to go out. ms */
const patienceMs = 15_000;

/** `Who` is who can be asked: operators by id, or whatever a node calls those that it dials. */
export interface HistoryProtocol<Who> extends HistoryPeers<Who> {
  /** Begins to answer. */
  serve(answer: (request: HistoryRequest) => HistoryResponse): Promise<void>;
}

export interface HistoryProtocolOptions<Who> {
  readonly handle: (
    protocol: string,
    handler: (stream: Stream, from: Asker) => Promise<void>,
    streamsMax: number,
  ) => Promise<void>;
  /** Rejects where it is not connected or does not speak the protocol. */
  readonly open: (who: Who, protocol: string, signal: AbortSignal) => Promise<Stream>;
  /** Somebody that we asked, or that asked us, sent what no honest node sends. */
  readonly blame: (who: Who, why: string) => void;
  readonly blameAsker: (asker: Asker, why: string) => void;
  readonly allowance?: Allowance<string>;
  readonly guestAllowance?: Allowance<string>;
  readonly patienceMs?: number;
}

const framesOf = (stream: Stream, bytesMax: number) =>
  lpStream(stream, { ...helloFrames, maxDataLength: bytesMax, maxBufferSize: bytesMax + 64 * 1024 });

export const createHistoryProtocol = <Who>(options: HistoryProtocolOptions<Who>): HistoryProtocol<Who> => {
  const allowance = options.allowance ?? createAllowance(Date.now);
  const guestAllowance = options.guestAllowance ?? createAllowance(Date.now, rateOfGuest, rateOfGuests);
  const patience = options.patienceMs ?? patienceMs;

  const mayAsk = (asker: Asker): boolean =>
    asker.type === 'operator' ? allowance.take(String(asker.operator)) : guestAllowance.take(asker.peer);

  const answerOne = async (
    stream: Stream,
    from: Asker,
    answer: (request: HistoryRequest) => HistoryResponse,
  ): Promise<void> => {
    const signal = AbortSignal.timeout(patience);
    const frames = framesOf(stream, requestBytesMax);
    const request = decodeRequest((await frames.read({ signal })).subarray());
    if (request === null) {
      options.blameAsker(from, 'a malformed request');
      throw new Error('malformed request');
    }
    const response: HistoryResponse = mayAsk(from) ? answer(request) : { type: 'busy' };
    await frames.write(encodeResponse(response), { signal });
    await stream.close({ signal });
  };

  return {
    blame: options.blame,
    serve: (answer) =>
      options.handle(historyProtocol, (stream, from) => answerOne(stream, from, answer), streamsMax),
    ask: async (who, request, signal) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
      const stream = await options.open(who, historyProtocol, limit);
      try {
        const frames = framesOf(stream, pageBytesMax);
        await frames.write(encodeRequest(request), { signal: limit });
        const response = decodeResponse((await frames.read({ signal: limit })).subarray());
        if (response === null) {
          options.blame(who, 'a malformed answer');
          throw new Error('malformed answer');
        }
        return response;
      } finally {
        // Whatever it would still say is not for us.
        stream.abort(new Error('done'));
      }
    },
  };
};
