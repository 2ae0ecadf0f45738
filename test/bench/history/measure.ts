/**
 * The second process of the bench: catches up on a history, then copies all of it, both with everything verified. It prints one
 * line of JSON; the memory that it tells is its own.
 *
 * `node test/bench/history/measure.ts FOLDER SLOTS`, where FOLDER has full.sqlite and parties.json.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../../src/app/clock.ts';
import { createVerifyOperator } from '../../../src/app/history/verify-operator.ts';
import {
  decodeResponse,
  encodeResponse,
  type HistoryRequest,
  type HistoryResponse,
} from '../../../src/core/history/messages.ts';
import type { OperatorId, Slot } from '../../../src/core/ids.ts';
import { createCombiner } from '../../../src/crypto/combiner.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { createDecidedLog } from '../../../src/storage/decided/decided-log.ts';
import { openDecidedFile } from '../../../src/storage/decided/open.ts';
import { createSlashingFold } from '../../../src/storage/decided/slashing-fold.ts';
import { type Answer, converse, requestsOf } from '../../../src/workflow/history/conversation.ts';
import { copyHistory } from '../../../src/workflow/history/copy-history.ts';
import { createServe } from '../../../src/workflow/history/serve.ts';
import { committees, domain, firstSlot, network, registryOf, validatorsIn } from './decisions.ts';

const [folder = '', slotsText = ''] = process.argv.slice(2);
const slots = Number(slotsText);
const registry = registryOf(JSON.parse(readFileSync(join(folder, 'parties.json'), 'utf8')));
const { genesisValidatorsRoot } = network;
const openLog = (name: string) => {
  const file = openDecidedFile({ path: join(folder, name), genesisValidatorsRoot, nowMs: Date.now() });
  const log = createDecidedLog(file, { committees: () => registry.committees, bytesMax: 2 ** 40 });
  return { file, log };
};
const openMs = performance.now();
const [full, empty] = [openLog('full.sqlite'), openLog('empty.sqlite')];
using _full = full.file;
using _empty = empty.file;
const secondsSince = (startMs: number): number => Math.round(performance.now() - startMs) / 1000;
const openSeconds = secondsSince(openMs);
const rssMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);
const atStart = rssMiB(process.memoryUsage.rss());

const serve = createServe({ registry, log: full.log, flush: () => {}, status: () => [] });
let [serveMs, pages, bytes] = [0, 0, 0];
const ask = async (_: OperatorId, request: HistoryRequest): Promise<HistoryResponse> => {
  const startedMs = performance.now();
  const page = encodeResponse(serve(request));
  serveMs += performance.now() - startedMs;
  pages += 1;
  bytes += page.length;
  return decodeResponse(page) as HistoryResponse;
};
await using combiner = createCombiner();
using database = openDatabase({ path: join(folder, 'slashing.sqlite'), create: true, genesisValidatorsRoot });
const ports = {
  network,
  domain,
  registry,
  clock: { ...createClock(), now: () => network.genesisTimeMs + (slots + 64) * network.slotMs },
  keys: {
    self: 9 as OperatorId,
    sign: async () => new Uint8Array(0),
    verify: createVerifyOperator(registry),
  },
  combiner,
  log: empty.log,
  peers: { ask, blame: (_: OperatorId, why: string) => console.error('blamed', why) },
  connected: { isConnected: () => true, connectedSinceMs: () => 0, onLost: () => {} },
  slashing: createSlashingFold(database),
  report: () => {},
};
const never = new AbortController().signal;

/** Throws where an answer did not count: then the times mean nothing. */
const timed = async (work: (at: number) => Promise<Answer | null>) => {
  [serveMs, pages, bytes] = [0, 0, 0];
  const startMs = performance.now();
  let entries = 0;
  for (const at of committees.keys()) {
    const answer = await work(at);
    if (answer?.type !== 'answered') throw new Error(`not answered: ${JSON.stringify(answer)}`);
    entries += answer.entries;
  }
  const seconds = secondsSince(startMs);
  const rssPeakMiB = rssMiB(process.resourceUsage().maxRSS * 1024);
  return {
    seconds,
    entries,
    pages,
    bytes,
    msToServePage: Math.round((100 * serveMs) / pages) / 100,
    rssPeakMiB,
  };
};
const committeeAt = (at: number) => committees[at] as (typeof committees)[number];

const since = Math.max(0, firstSlot + slots - 8 * network.slotsPerEpoch) as Slot;
const catchUp = await timed((at) => {
  const committee = committeeAt(at);
  const validators = validatorsIn(registry, committee).map(({ key }) => key);
  return converse(ports, 1 as OperatorId, requestsOf({ committee, validators, since }), never);
});
const range = { from: 0 as Slot, to: (firstSlot + slots) as Slot };
const copy = await timed((at) => copyHistory(ports, committeeAt(at), range, never, 0));
console.log(JSON.stringify({ openSeconds, rssAtStartMiB: atStart, catchUp, copy }));
