/**
 * Unary gRPC to one server: HTTP/2 over TLS 1.3 with a client certificate, one connection, made anew when it is gone.
 *
 * Built on node:http2 alone. A gRPC server in Go may end a stream before it has seen ours end; a general client took that for
 * a lost answer in one of four calls, although the answer had come. Here an answer counts once its status is there. How a call
 * failed says whether the server can have acted on it, which decides what may be asked again.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { isIP } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect as connectTls } from 'node:tls';
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
  fault: unknown;
}

const openConnection = (authority: URL, serverName: string, tls: Tls): Connection => {
  const socket = connectTls({
    ...tls,
    host: authority.hostname.replace(/^\[|\]$/g, ''),
    port: Number(authority.port),
    // An address is no server name; the certificate is then checked for the address.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
  });
  // Between the session and the socket stands a pipe: a session that holds the socket itself stops reading from it while it
  // writes, and may then never hear that the peer was killed (Node 24).
  const [near, far] = duplexPair();
  far.pipe(socket).pipe(far);
  const session = connect(authority, { createConnection: () => near });
  const connection: Connection = { session, isConnected: false, fault: null };
  socket.on('secureConnect', () => {
    connection.isConnected = true;
  });
  const lose = (error?: Error): void => {
    connection.fault ??= error ?? null;
    session.destroy();
  };
  // Its streams fail too, but with an error that does not say why.
  socket.on('error', lose);
  far.on('error', lose);
  socket.on('close', () => lose());
  session.on('error', lose);
  session.on('close', () => socket.destroy());
  socket.unref();
  return connection;
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
      const distrust = setTimeout(() => {
        connection.session.close();
        if (current === connection) current = null;
      }, patienceMs);
      const reply = await readReply(stream, timeoutMs);
      clearTimeout(distrust);
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
