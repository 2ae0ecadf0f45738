/**
 * A crypto worker that dies over jobs with a quorum of 99 and does everything else like the real one.
 */
import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import type { Request } from '../../src/crypto/message.ts';

assert(parentPort !== null, 'runs as a worker only');
// Before the real worker, so that it hears of each message first.
parentPort.on('message', ({ calls }: Request) => {
  const isFatal = calls.some(
    (call) => call.type === 'combine' && call.jobs.some(({ quorum }) => quorum === 99),
  );
  if (isFatal) process.exit(3);
});
await import('../../src/crypto/worker.ts');
