/**
 * A key thread that dies over signing the root of 0xdd bytes and does everything else like the real one.
 */
import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import type { KeyRequest } from '../../../src/signer/keystore/threads/message.ts';

assert(parentPort !== null, 'runs as a worker only');
// Before the real worker, so that it hears of each message first.
parentPort.on('message', (request: KeyRequest) => {
  if (request.type === 'sign' && request.roots.some((root) => root === `0x${'dd'.repeat(32)}`))
    process.exit(3);
});
await import('../../../src/signer/keystore/threads/worker.ts');
