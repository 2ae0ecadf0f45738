/**
 * HTTP to one Web3Signer: kept-alive connections, TLS, timeouts, bounded answers.
 *
 * A server may close an idle connection just as it is used (Web3Signer does after 30 s). Then the request is sent once more:
 * signing the same root again is harmless. Every fault of the wire comes out as SignerFailed.
 */
import { Pool } from 'undici';
import { SignerFailed } from '../../workflow/ports.ts';

export interface Tls {
  /** PEM. Without it the system's authorities count. */
  readonly ca?: string | Uint8Array;
  /** PEM client certificate and key, both or none. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

export interface TransportOptions {
  /** http or https, with or without a path, without user and password. */
  readonly url: string;
  readonly tls?: Tls;
  /** Bearer token, for a keymanager API that asks for one. */
  readonly token?: string;
  readonly timeoutMs: number;
  /** At most so many requests at once; the others wait here. */
  readonly connections?: number;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface Transport {
  /** `path` begins with a slash; `action` begins the message of an error. `body` is sent as JSON, null is a GET. */
  ask(
    action: string,
    path: string,
    body: object | null,
    bytesMax: number,
    signal: AbortSignal,
  ): Promise<Reply>;
  close(): Promise<void>;
}

const CONNECTIONS = 64;
/** Below Web3Signer's 30 s, so that it is mostly this side that closes. */
const KEEP_ALIVE_MS = 20_000;

/** The connection ended before an answer. Not in it: a connection refused, where trying again at once helps nobody. */
const lostCodes: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const timeoutCodes: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Throws TypeError for a URL that cannot be used; the message does not repeat it, as it may hold a password. */
export const parseSignerUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError('the address of a Web3Signer is an http or https URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('the address of a Web3Signer holds no user and password; use a client certificate');
  }
  return url;
};

export const createTransport = ({
  url,
  tls,
  token,
  timeoutMs,
  connections = CONNECTIONS,
}: TransportOptions): Transport => {
  const { origin, pathname } = parseSignerUrl(url);
  const prefix = pathname.replace(/\/+$/, '');
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, ...tls },
  });

  const send = (path: string, body: object | null, signal: AbortSignal) =>
    pool.request({
      path: prefix + path,
      method: body === null ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body: body === null ? null : JSON.stringify(body),
      signal,
    });
  const sendTwice: typeof send = async (path, body, signal) => {
    try {
      return await send(path, body, signal);
    } catch (error) {
      if (signal.aborted || !lostCodes.has(codeOf(error))) throw error;
      return await send(path, body, signal);
    }
  };

  return {
    async ask(action, path, body, bytesMax, signal) {
      const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const { statusCode, body: stream } = await sendTwice(path, body, both);
        return { status: statusCode, text: await readText(stream, bytesMax) };
      } catch (cause) {
        const endedBy = signal.aborted ? 'caller' : both.aborted ? 'clock' : 'wire';
        throw faultOf(cause, endedBy, `${action}: Web3Signer at ${origin}${prefix}`, timeoutMs);
      }
    },
    async close() {
      if (!pool.closed) await pool.close();
    },
  };
};

/** `where` begins the message. */
const faultOf = (
  cause: unknown,
  endedBy: 'caller' | 'clock' | 'wire',
  where: string,
  timeoutMs: number,
): SignerFailed => {
  const code = codeOf(cause);
  if (endedBy === 'caller') return new SignerFailed('timeout', `${where}: given up by the caller`, { cause });
  if (endedBy === 'clock' || timeoutCodes.has(code)) {
    return new SignerFailed('timeout', `${where} did not answer within ${timeoutMs} ms`, { cause });
  }
  if (cause instanceof RangeError)
    return new SignerFailed('unavailable', `${where}: ${cause.message}`, { cause });
  return new SignerFailed('unavailable', `${where} cannot be reached (${code || 'no connection'})`, {
    cause,
  });
};

/** Throws RangeError beyond `bytesMax`; leaving the loop closes the connection. */
const readText = async (stream: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > bytesMax) throw new RangeError(`answered with more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
