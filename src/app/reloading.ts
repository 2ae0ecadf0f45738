/**
 * POST /reload, or SIGHUP: reads cluster file and keys anew, one at a time, and remembers and logs how it went.
 */
import type { Logger } from 'pino';
import type { ReloadStatus } from '../http/deps.ts';
import type { Report } from '../workflow/report.ts';

export interface Reloading {
  start(): 'accepted' | 'running';
  status(): ReloadStatus;
}

/** `work` resolves with the problems of single keys; where it rejects, everything stays as it was. */
export const createReloading = (
  log: Logger,
  report: Report,
  work: () => Promise<readonly string[]>,
): Reloading => {
  let status: ReloadStatus = { status: 'idle' };
  const finish = (next: ReloadStatus['status'], lastError?: string): void => {
    const lastOperationTime = new Date().toISOString();
    status =
      lastError === undefined
        ? { status: next, lastOperationTime }
        : { status: next, lastOperationTime, lastError };
  };
  return {
    start: () => {
      if (status.status === 'running') return 'running';
      status = { ...status, status: 'running' };
      work().then(
        (problems) => {
          if (problems.length === 0) {
            log.info('reloaded');
            finish('completed');
          } else {
            log.warn({ problems: problems.length }, 'reloaded, but not all: see GET /reload');
            finish('completed_with_errors', problems.slice(0, 5).join('; '));
          }
        },
        (cause: unknown) => {
          const why = cause instanceof Error ? cause.message : String(cause);
          report({ type: 'fault', where: 'reload', why });
          finish('failed', why);
        },
      );
      return 'accepted';
    },
    status: () => status,
  };
};
