/**
 * What can be wrong with a database, as one error. The message says what was tried, what is wrong and what to do next.
 */
export type StorageFailureReason =
  | 'missing'
  | 'in-use'
  | 'not-a-database'
  | 'corrupt'
  | 'newer-schema'
  | 'wrong-network'
  | 'read-only'
  | 'disk-full'
  | 'failed';

export class StorageFailed extends Error {
  readonly reason: StorageFailureReason;
  constructor(reason: StorageFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageFailed';
    this.reason = reason;
  }
}

/** Runs `work` and turns what SQLite or the file system throws into a StorageFailed. `action` begins the sentence. */
export const orStorageFailed = <T>(action: string, path: string, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof StorageFailed || !isOfTheWorld(cause)) throw cause;
    const { reason, why } = explained(cause);
    throw new StorageFailed(reason, `${action} ${path}: ${why}`, { cause });
  }
};

interface WorldError extends Error {
  readonly code: string;
  /** SQLite's extended result code. */
  readonly errcode?: number;
}

// Anything else (TypeError, RangeError, an assertion) is a bug and passes as it is.
const isOfTheWorld = (error: unknown): error is WorldError =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_SQLITE_ERROR' || ('syscall' in error && typeof error.code === 'string'));

const explained = (error: WorldError): { readonly reason: StorageFailureReason; readonly why: string } => {
  // The low byte of an extended result code is the primary one (sqlite.org/rescode.html).
  switch (error.errcode === undefined ? error.code : error.errcode & 0xff) {
    case 5:
    case 6:
      return { reason: 'in-use', why: 'another process has it open; stop that process first' };
    case 8:
    case 'EROFS':
      return {
        reason: 'read-only',
        why: 'it cannot be written; check the owner and mode of the file and its folder',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        reason: 'read-only',
        why: 'no permission; check the owner and mode of the file and its folder',
      };
    case 11:
      return { reason: 'corrupt', why: `it is damaged (${error.message}); ${restore}` };
    case 13:
    case 'ENOSPC':
    case 'EDQUOT':
      return { reason: 'disk-full', why: 'the disk or the quota is full; nothing was stored; make room' };
    case 14:
      return {
        reason: 'failed',
        why: 'it cannot be opened; check that its folder is writable and that this user owns its files',
      };
    case 26:
      return { reason: 'not-a-database', why: `it is not a SQLite database; check the path, or ${restore}` };
    default:
      return { reason: 'failed', why: error.message };
  }
};

/** The next step wherever protection may be lost. Never "delete it": an empty history would permit everything. */
export const restore =
  'keep the file, and restore the latest copy or import an interchange file of all that was signed, before signing again';
