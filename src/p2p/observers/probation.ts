/**
 * Inbound connections that have not said who they are: each has some seconds, and few may wait at once, so that strangers
 * cannot hold our connection slots. The oldest is closed for the newest.
 */
import type { Connection } from '@libp2p/interface';

const waitingMax = 64;

export interface Probation {
  begin(connection: Connection): void;
  /** It said who it is, or it is gone. */
  end(connection: Connection): void;
}

/** `isKnown` is asked when the time is up; `tell` says who was turned away and why. */
export const createProbation = (
  timeoutMs: number,
  isKnown: (connection: Connection) => boolean,
  tell: (why: string, connection: Connection) => void,
): Probation => {
  const waiting = new Map<Connection, NodeJS.Timeout>();
  const end = (connection: Connection): void => {
    clearTimeout(waiting.get(connection));
    waiting.delete(connection);
  };
  return {
    begin: (connection) => {
      const expire = (): void => {
        end(connection);
        if (isKnown(connection)) return;
        const why = 'no hello in time';
        tell(why, connection);
        connection.abort(new Error(why));
      };
      waiting.set(connection, setTimeout(expire, timeoutMs).unref());
      const [oldest] = waiting.keys();
      if (waiting.size <= waitingMax || oldest === undefined) return;
      end(oldest);
      oldest.abort(new Error('too many unproven connections'));
    },
    end,
  };
};
