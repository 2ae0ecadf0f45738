/**
 * Unary gRPC to one server: HTTP/2 over TLS 1.3 with a client certificate, one connection, made anew when it is gone.
 *
 * Built on node:http2 alone. A gRPC server in Go may end a stream before it has seen ours end; a general client took that for
 * a lost answer in one of four calls, although the answer had come. Here an answer counts once its status is there. How a call
 * failed says whether the server can have acted on it, which decides what may be asked again.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { createConnection as connectTcp, isIP } from 'node:net';
import { frameOf, readReply, replyBytesMax } from './reply.ts';

/** PEM. */
export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ChannelOptions extends Tls {
  /** host:port */
  readonly endpoint: string;
  /** The DNS name in the server's certificate; the host of the endpoint unless given. */
  readonly serverName?: string;
}

/**
 * unreached: the server cannot have acted on it. lost: it may have, but its answer did not come. late: the same, by the clock.
 * answered: it refuses with a gRPC status. closed: by us.
 */
export type ChannelFailure = 'unreached' | 'lost' | 'late' | 'answered' | 'closed';

export class ChannelFailed extends Error {
  readonly failure: ChannelFailure;
  constructor(failure: ChannelFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChannelFailed';
    this.failure = failure;
  }
}

export interface Channel {
  /**
   * The response message of `path` (/package.Service/Method). Throws ChannelFailed, after `timeoutMs` at the latest. Later calls
   * no longer trust a connection on which nothing came for `patienceMs`; this one waits on.
   */
  call(path: string, message: Uint8Array, patienceMs: number, timeoutMs: number): Promise<Uint8Array>;
  close(): void;
}

const { NGHTTP2_REFUSED_STREAM } = constants;
/** How long a call waits before it looks whether the connection still stands. */
const SILENCE_MS = 150;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Why there is no connection, as a sentence for an operator. */
const reasonOf = (error: unknown, serverName: string): string => {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is not for ${serverName}; check the server name`;
  if (/^ERR_SSL_.*ALERT/.test(code))
    return `it does not accept our client certificate (${code}); check that its CA issued it`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code))
    return `its certificate is not vouched for by our CA file (${code})`;
  return code === '' ? 'no connection' : code;
};

const isRefusedHandshake = (error: unknown): boolean => /^ERR_(SSL|TLS)_/.test(codeOf(error));

/** One connection, and what became of it. */
interface Connection {
  readonly session: ClientHttp2Session;
  isConnected: boolean;
  /** When settings were sent that are not acknowledged yet, or a probe after them; ms. */
  askedAt: number | null;
  fault: unknown;
}

const openConnection = (authority: URL, serverName: string, tls: Tls): Connection => {
  const session = connect(authority, {
    ...tls,
    // An address is no server name; the certificate is then checked for the address.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    minVersion: 'TLSv1.3',
  });
  const connection: Connection = { session, isConnected: false, askedAt: null, fault: null };
  session.on('connect', () => {
    connection.isConnected = true;
  });
  // Its streams fail too, but with an error that does not say why.
  session.on('error', (error) => {
    connection.fault = error;
  });
  session.unref();
  return connection;
};

/**
 * Looks whether a connection that is silent still has a server. A session of Node 24 stops reading while it writes; where the
 * server is killed at that moment, it may never read again and never hear of it. So settings are sent, which every server
 * acknowledges at once (pings, Go's take few of); while they are not, a plain connection tells whether anyone listens there.
 */
const look = (connection: Connection, authority: URL): void => {
  const { session, isConnected, askedAt } = connection;
  if (!isConnected || session.destroyed) return;
  const now = performance.now();
  if (askedAt === null) {
    connection.askedAt = now;
    session.settings({}, () => {
      connection.askedAt = null;
    });
    return;
  }
  if (now - askedAt < SILENCE_MS) return;
  connection.askedAt = now;
  const probe = connectTcp(Number(authority.port), authority.hostname.replace(/^\[|\]$/g, ''));
  probe.on('connect', () => probe.destroy());
  probe.on('error', (error) => {
    connection.fault ??= error;
    session.destroy();
  });
  probe.setTimeout(SILENCE_MS, () => probe.destroy());
};

export const createChannel = ({ endpoint, ca, cert, key, ...options }: ChannelOptions): Channel => {
  const authority = new URL(`https://${endpoint}`);
  const serverName = options.serverName ?? authority.hostname;
  let current: Connection | null = null;
  let isClosed = false;
  const sessions = new Set<ClientHttp2Session>();

  const connectionNow = (): Connection => {
    if (current !== null && !current.session.closed && !current.session.destroyed) return current;
    const made = openConnection(authority, serverName, { ca, cert, key });
    current = made;
    sessions.add(made.session);
    const forget = (): void => {
      if (current === made) current = null;
    };
    made.session.on('goaway', forget);
    made.session.on('close', () => {
      forget();
      sessions.delete(made.session);
    });
    return made;
  };

  const failed = (stream: ClientHttp2Stream, connection: Connection, streamError: unknown): ChannelFailed => {
    if (isClosed) return new ChannelFailed('closed', `the connection to ${endpoint} is closed`);
    const cause = connection.fault ?? streamError;
    const why = reasonOf(cause, serverName);
    const unreached =
      !connection.isConnected || isRefusedHandshake(cause) || stream.rstCode === NGHTTP2_REFUSED_STREAM;
    return unreached
      ? new ChannelFailed('unreached', `${endpoint} cannot be reached: ${why}`, { cause })
      : new ChannelFailed('lost', `${endpoint}: the connection ended before its answer (${why})`, { cause });
  };

  return {
    async call(path, message, patienceMs, timeoutMs) {
      if (isClosed) throw new ChannelFailed('closed', `the connection to ${endpoint} is closed`);
      const connection = connectionNow();
      const stream = connection.session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${timeoutMs}m`,
      });
      stream.end(frameOf(message));
      const silence = setInterval(look, SILENCE_MS, connection, authority);
      const distrust = setTimeout(() => {
        connection.session.close();
        if (current === connection) current = null;
      }, patienceMs);
      const reply = await readReply(stream, timeoutMs);
      clearTimeout(distrust);
      clearInterval(silence);
      switch (reply.type) {
        case 'message':
          return reply.message;
        case 'status':
          throw new ChannelFailed(
            'answered',
            `${endpoint} answered with gRPC status ${reply.status}${reply.text}`,
          );
        case 'late':
          throw new ChannelFailed('late', `${endpoint} did not answer within ${timeoutMs} ms`);
        case 'too-long':
          throw new ChannelFailed('lost', `${endpoint} answered with more than ${replyBytesMax} bytes`);
        case 'ended':
          throw failed(stream, connection, reply.cause);
      }
    },
    close() {
      isClosed = true;
      for (const session of sessions) session.destroy();
    },
  };
};
