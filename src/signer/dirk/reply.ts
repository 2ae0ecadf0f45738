/**
 * What travels on one HTTP/2 stream of a unary gRPC call: the message with its length in front, and the status behind it.
 */
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';

export const replyBytesMax = 16 * 1024 * 1024;
const PREFIX = 5;

/** Not compressed, then the length, then the message. */
export const frameOf = (message: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(PREFIX + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, PREFIX);
  return frame;
};

const messageOf = (body: Buffer): Uint8Array | null =>
  body.length >= PREFIX && body[0] === 0 && body.readUInt32BE(1) === body.length - PREFIX
    ? new Uint8Array(body.subarray(PREFIX))
    : null;

export type Reply =
  | { readonly type: 'message'; readonly message: Uint8Array }
  | { readonly type: 'status'; readonly status: string; readonly text: string }
  | { readonly type: 'late' | 'too-long' }
  | { readonly type: 'ended'; readonly cause: unknown };

const textOf = (header: unknown): string => {
  const text = typeof header === 'string' ? header.slice(0, 200).replace(/[^\x20-\x7e]+/g, ' ') : '';
  return text === '' ? '' : ` (${text})`;
};

/** Never rejects. */
export const readReply = (stream: ClientHttp2Stream, timeoutMs: number): Promise<Reply> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let [size, cause]: [number, unknown] = [0, null];
    let last: IncomingHttpHeaders = {};
    let cut: 'late' | 'too-long' | null = null;
    const end = (why: 'late' | 'too-long'): void => {
      cut ??= why;
      stream.destroy();
    };
    const timer = setTimeout(() => end('late'), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      const status = last['grpc-status'];
      const message = status === '0' ? messageOf(Buffer.concat(chunks)) : null;
      if (message !== null) resolve({ type: 'message', message });
      else if (cut !== null) resolve({ type: cut });
      else if (typeof status === 'string' && status !== '0')
        resolve({ type: 'status', status, text: textOf(last['grpc-message']) });
      else resolve({ type: 'ended', cause });
    };
    // An answer without a body brings its status in the headers.
    stream.on('response', (headers) => {
      last = headers;
    });
    stream.on('trailers', (trailers) => {
      last = trailers;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > replyBytesMax) end('too-long');
      else chunks.push(chunk);
    });
    stream.on('error', (error) => {
      cause = error;
    });
    stream.on('close', settle);
  });
