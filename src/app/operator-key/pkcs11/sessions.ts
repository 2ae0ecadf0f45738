/**
 * Sessions of a token: each does one thing at a time, so there are a few, and work waits for a free one.
 *
 * A session that was lost (a token taken out and put back, a network HSM started again) is opened anew, and its work done once
 * more: signing and decrypting may be repeated.
 */
import { codeOf, returnCodes } from './module.ts';

const lostCodes: ReadonlySet<number | null> = new Set([
  returnCodes.CKR_DEVICE_ERROR,
  returnCodes.CKR_DEVICE_REMOVED,
  returnCodes.CKR_KEY_HANDLE_INVALID,
  returnCodes.CKR_OBJECT_HANDLE_INVALID,
  returnCodes.CKR_SESSION_CLOSED,
  returnCodes.CKR_SESSION_HANDLE_INVALID,
  returnCodes.CKR_TOKEN_NOT_PRESENT,
  returnCodes.CKR_USER_NOT_LOGGED_IN,
]);

export interface Sessions<Session> {
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  /** Waits for the work that is under way. */
  close(): Promise<void>;
}

/** `open` throws what the token throws; `close` must not. At most `countMax` are open at once. */
export const createSessions = <Session>(
  open: () => Session,
  close: (session: Session) => void,
  countMax: number,
): Sessions<Session> => {
  const idle: Session[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;

  const free = (): Promise<void> => {
    if (busy < countMax) {
      busy++;
      return Promise.resolve();
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) busy--;
    else next();
  };
  const run = async <Result>(work: (session: Session) => Promise<Result>): Promise<Result> => {
    const session = idle.pop() ?? open();
    try {
      const result = await work(session);
      idle.push(session);
      return result;
    } catch (error) {
      // An operation may be half done in it.
      close(session);
      throw error;
    }
  };
  const closeIdle = (): void => {
    for (const session of idle.splice(0)) close(session);
  };

  return {
    async use(work) {
      await free();
      try {
        return await run(work);
      } catch (error) {
        if (!lostCodes.has(codeOf(error))) throw error;
        closeIdle();
        return await run(work);
      } finally {
        release();
      }
    },
    async close() {
      const all = Array.from({ length: countMax }, free);
      await Promise.all(all);
      closeIdle();
    },
  };
};
