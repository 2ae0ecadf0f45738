/**
 * ports.Peers: which operators are connected, by which connections.
 *
 * A connection counts from the moment hello proved who is behind it until it closes. One operator may have several (both
 * sides dialled at once); it is lost when the last one is gone.
 */
import type { Connection } from '@libp2p/interface';
import type { OperatorId } from '../core/ids.ts';
import type { Peers } from '../workflow/ports.ts';
import type { Report } from '../workflow/report.ts';
import type { Evidence } from './hello-message.ts';

export interface ProvenConnection {
  readonly connection: Connection;
  readonly operator: OperatorId;
  /** libp2p peer id. */
  readonly peer: string;
  /** Random per process of that operator: two at once are two processes with one key. */
  readonly instance: string;
  readonly evidence: Evidence;
}

export interface PeerTable extends Peers {
  /** Adds what hello proved. False where the connection closed meanwhile, or was another operator's before. */
  add(proven: ProvenConnection): boolean;
  remove(connection: Connection): void;
  /** Newest last. */
  connectionsOf(operator: OperatorId): readonly ProvenConnection[];
  all(): readonly ProvenConnection[];
  operatorOf(peer: string): OperatorId | null;
  /** Called with each operator that comes back or appears. */
  onFound(task: (operator: OperatorId) => void): void;
  noteError(operator: OperatorId, why: string): void;
  lastErrorOf(operator: OperatorId): string | null;
}

export const createPeerTable = (self: OperatorId, report: Report): PeerTable => {
  const proven = new Map<string, ProvenConnection>();
  const since = new Map<OperatorId, number>();
  const errors = new Map<OperatorId, string>();
  const lost: ((operator: OperatorId) => void)[] = [];
  const found: ((operator: OperatorId) => void)[] = [];

  const connectionsOf = (operator: OperatorId): readonly ProvenConnection[] =>
    [...proven.values()].filter((entry) => entry.operator === operator && entry.connection.status === 'open');

  return {
    isConnected: (operator) => operator === self || connectionsOf(operator).length > 0,
    connectedSinceMs: (operator) => since.get(operator) ?? null,
    onLost: (task) => void lost.push(task),
    onFound: (task) => void found.push(task),
    connectionsOf,
    all: () => [...proven.values()],
    operatorOf: (peer) => [...proven.values()].find((entry) => entry.peer === peer)?.operator ?? null,
    add(entry) {
      if (entry.connection.status !== 'open') return false;
      const before = proven.get(entry.connection.id);
      if (before !== undefined && before.operator !== entry.operator) {
        entry.connection.abort(new Error('one connection, two operators'));
        return false;
      }
      const isNew = connectionsOf(entry.operator).length === 0;
      proven.set(entry.connection.id, entry);
      errors.delete(entry.operator);
      if (isNew) {
        since.set(entry.operator, Date.now());
        report({ type: 'peer-connected', operator: entry.operator });
        for (const task of found) task(entry.operator);
      }
      return true;
    },
    remove(connection) {
      const entry = proven.get(connection.id);
      if (entry === undefined) return;
      proven.delete(connection.id);
      if (connectionsOf(entry.operator).length > 0) return;
      since.delete(entry.operator);
      report({ type: 'peer-lost', operator: entry.operator });
      for (const task of lost) task(entry.operator);
    },
    noteError: (operator, why) => void errors.set(operator, why),
    lastErrorOf: (operator) => errors.get(operator) ?? null,
  };
};
