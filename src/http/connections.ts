/**
 * Which connections are busy, so that closing can cut the others at once.
 *
 * Node's own closeIdleConnections spares connections on which no request ever came, and browsers and pools open such.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Connections {
  /** Destroys every connection on which no request is being answered. */
  closeIdle(): void;
  closeAll(): void;
}

// Under TLS a request's socket is not the one that was accepted; the peer's address and port are the same.
const makeName = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

export const trackConnections = (app: FastifyInstance): Connections => {
  const open = new Map<Socket, string>();
  const busy = new Map<string, number>();
  // A connection carries many requests, and its name is made once.
  const names = new WeakMap<Socket, string>();
  const nameOf = (socket: Socket): string => {
    const name = names.get(socket) ?? makeName(socket);
    names.set(socket, name);
    return name;
  };

  app.server.on('connection', (socket: Socket) => {
    open.set(socket, nameOf(socket));
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('onRequest', (request, reply, next) => {
    const name = nameOf(request.raw.socket);
    busy.set(name, (busy.get(name) ?? 0) + 1);
    // `close` comes for finished answers and for clients that left.
    reply.raw.once('close', () => {
      const left = (busy.get(name) ?? 1) - 1;
      if (left > 0) busy.set(name, left);
      else busy.delete(name);
    });
    next();
  });
  return {
    closeIdle: () => {
      for (const [socket, name] of open) if (!busy.has(name)) socket.destroy();
    },
    closeAll: () => {
      for (const socket of open.keys()) socket.destroy();
    },
  };
};
