/**
 * Decided history over streams: /quorate/history/1.0.0. One request and one answer to a stream, each a frame with a four-byte
 * length, at most 8 KiB and 1 MiB. Contents are core/history/messages.ts.
 *
 * Whoever wants more asks again: a slow reader holds one page, an endless talker is cut off at one. Both ends have a time
 * limit. Only proven operators are answered, each in its measure.
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
import type { OperatorId } from '../../core/ids.ts';
import type { HistoryPeers } from '../../workflow/history/ports.ts';
import type { Report } from '../../workflow/report.ts';
import { helloFrames } from '../hello.ts';
import type { P2p } from '../node.ts';
import { type Allowance, createAllowance } from './allowance.ts';
import type { Conduct } from './conduct.ts';

export const historyProtocol = '/quorate/history/1.0.0';
/** Streams that one connection may have open at us. */
const streamsMax = 2;
/** Longest that a request may take to come in, or a page to go out. ms */
const patienceMs = 15_000;

export interface HistoryProtocol extends HistoryPeers {
  /** Begins to answer. */
  serve(answer: (request: HistoryRequest) => HistoryResponse): Promise<void>;
}

export interface HistoryProtocolOptions {
  readonly p2p: Pick<P2p, 'handle' | 'open'>;
  readonly conduct: Conduct;
  readonly report: Report;
  readonly allowance?: Allowance;
  readonly patienceMs?: number;
}

const framesOf = (stream: Stream, bytesMax: number) =>
  lpStream(stream, { ...helloFrames, maxDataLength: bytesMax, maxBufferSize: bytesMax + 64 * 1024 });

export const createHistoryProtocol = (options: HistoryProtocolOptions): HistoryProtocol => {
  const { p2p, conduct, report } = options;
  const allowance = options.allowance ?? createAllowance(Date.now);
  const patience = options.patienceMs ?? patienceMs;
  const blame = (operator: OperatorId, why: string): void => {
    conduct.blame(operator);
    report({ type: 'message-refused', verdict: 'reject', why: `history: ${why}`, from: operator });
  };

  const answerOne = async (
    stream: Stream,
    from: OperatorId,
    answer: (request: HistoryRequest) => HistoryResponse,
  ): Promise<void> => {
    const signal = AbortSignal.timeout(patience);
    const frames = framesOf(stream, requestBytesMax);
    const request = decodeRequest((await frames.read({ signal })).subarray());
    if (request === null) {
      blame(from, 'a malformed request');
      throw new Error('malformed request');
    }
    const response: HistoryResponse = allowance.take(from) ? answer(request) : { type: 'busy' };
    await frames.write(encodeResponse(response), { signal });
    await stream.close({ signal });
  };

  return {
    blame,
    serve: (answer) =>
      p2p.handle(historyProtocol, (stream, from) => answerOne(stream, from, answer), streamsMax),
    ask: async (operator, request, signal) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
      const stream = await p2p.open(operator, historyProtocol, limit);
      try {
        const frames = framesOf(stream, pageBytesMax);
        await frames.write(encodeRequest(request), { signal: limit });
        const response = decodeResponse((await frames.read({ signal: limit })).subarray());
        if (response === null) {
          blame(operator, 'a malformed answer');
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
