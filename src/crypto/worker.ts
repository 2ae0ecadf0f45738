/**
 * The worker's side of the combiner: pairings away from the thread that talks to the network.
 *
 * One message holds many calls, and all their jobs are combined together, so that jobs of one root share a pairing.
 */
import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import { combineAndVerify, verifyPartials } from '../core/threshold/combine.ts';
import type { Answer, Call, Request, Response } from './message.ts';

const answer = (calls: readonly Call[]): readonly Answer[] => {
  const results = combineAndVerify(
    calls.flatMap((call) => (call.type === 'combine' ? call.jobs : [])),
  ).values();
  const verdicts = verifyPartials(
    calls.flatMap((call) => (call.type === 'verify' ? call.checks : [])),
  ).values();
  return calls.map(
    (call): Answer =>
      call.type === 'combine'
        ? { type: 'combine', results: [...results.take(call.jobs.length)] }
        : { type: 'verify', verdicts: [...verdicts.take(call.checks.length)] },
  );
};

const respond = ({ calls }: Request): Response => {
  try {
    return { type: 'answers', answers: answer(calls) };
  } catch (error) {
    return {
      type: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
};

assert(parentPort !== null, 'runs as a worker only');
const port = parentPort;
port.on('message', (request: Request) => port.postMessage(respond(request)));
