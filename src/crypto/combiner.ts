/**
 * The combiner of the workflow's ports, on worker threads.
 *
 * Calls that come in one turn of the event loop, or while all threads are busy, go out as one message: a message costs the
 * main thread as much as several jobs, and jobs of one root are cheaper together. A thread that dies fails the calls that it
 * was working on, and no others.
 */
import assert from 'node:assert/strict';
import type { Combiner } from '../workflow/ports.ts';
import { type Answer, type Call, pack, type Response } from './message.ts';
import { createThread, type Thread } from './thread.ts';

export interface CombinerOptions {
  /** Threads; 1 carries thousands of validators. */
  readonly workers?: number;
  /** What a thread runs; only tests of crashes have another. */
  readonly program?: URL;
}

interface Waiting {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** So many signatures go into one message, so that a large burst does not keep the first answers waiting for the last. */
const MESSAGE_MAX = 2048;

const sizeOf = (call: Call): number =>
  call.type === 'verify'
    ? call.checks.length
    : call.jobs.reduce((sum, { partials }) => sum + partials.length, 0);

/** Takes from the front of the queue what fits into one message, at least one call. */
const takeBatch = (queue: Waiting[]): readonly Waiting[] => {
  let [size, count] = [0, 0];
  for (const { call } of queue) {
    size += sizeOf(call);
    if (count > 0 && size > MESSAGE_MAX) break;
    count++;
  }
  return queue.splice(0, count);
};

const settle = (batch: readonly Waiting[], response: Response): void => {
  for (const [at, { resolve, reject }] of batch.entries()) {
    if (response.type === 'failed') reject(new Error(`combining failed: ${response.message}`));
    else resolve(response.answers[at] as Answer);
  }
};

const serve = async (thread: Thread, batch: readonly Waiting[]): Promise<void> => {
  try {
    settle(batch, await thread.run(pack(batch.map(({ call }) => call))));
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
};

export const createCombiner = (options: CombinerOptions = {}): Combiner & AsyncDisposable => {
  const program = options.program ?? new URL('./worker.ts', import.meta.url);
  const threads = Array.from({ length: options.workers ?? 1 }, () => createThread(program));
  const queue: Waiting[] = [];
  let isScheduled = false;
  let isStopped = false;

  const flush = (): void => {
    isScheduled = false;
    for (const thread of threads) {
      if (!isStopped && queue.length > 0 && !thread.isBusy())
        void serve(thread, takeBatch(queue)).then(flush);
    }
  };

  const ask = (call: Call): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (isStopped) return reject(new Error('the combiner is stopped'));
      queue.push({ call, resolve, reject });
      if (!isScheduled) setImmediate(flush);
      isScheduled = true;
    });

  return {
    async combine(jobs) {
      if (jobs.length === 0) return [];
      const answer = await ask({ type: 'combine', jobs });
      assert(answer.type === 'combine', 'an answer is of the kind of its call');
      return answer.results;
    },
    async verifyPartials(checks) {
      if (checks.length === 0) return [];
      const answer = await ask({ type: 'verify', checks });
      assert(answer.type === 'verify', 'an answer is of the kind of its call');
      return answer.verdicts;
    },
    async [Symbol.asyncDispose]() {
      isStopped = true;
      for (const { reject } of queue.splice(0)) reject(new Error('the combiner is stopped'));
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
};
