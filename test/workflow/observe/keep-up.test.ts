/**
 * Copying what was not heard: newest first, from as many nodes as can tell it, once, and on from there after a restart.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Entry } from '../../../src/core/history/entry.ts';
import type { HistoryRequest, HistoryResponse } from '../../../src/core/history/messages.ts';
import type { SlotRange } from '../../../src/workflow/history/copy-history.ts';
import { nextRange, startKeepUp } from '../../../src/workflow/observe/keep-up.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import {
  committee,
  domain,
  entryOf,
  network,
  registry,
  slotOf,
  voteAt,
  wholeProof,
} from '../../core/history/sample.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { createWriteOnlyLog } from '../../fakes/decided-log.ts';
import { createFakeKeys, provingCombiner } from '../../fakes/signing.ts';

const range = (from: number, to: number): SlotRange => ({ from: slotOf(from), to: slotOf(to) });
const next = (complete: SlotRange | null, first: number, last: number): readonly number[] | null => {
  const asked = nextRange(complete, slotOf(first), slotOf(last), 8);
  return asked === null ? null : [asked.from, asked.to];
};

test('the newest slots are asked for first, a day at most, then older ones, then none', () => {
  assert.deepEqual(next(null, 0, 100), [0, 100]);
  assert.deepEqual(next(null, 0, 20_000), [12_801, 20_000]);
  assert.deepEqual(next(range(12_801, 20_000), 0, 20_007), [5601, 12_800]);
  assert.deepEqual(next(range(12_801, 20_000), 0, 20_008), [20_001, 20_008]);
  assert.deepEqual(next(range(5601, 20_008), 0, 20_010), [0, 5600]);
  assert.equal(next(range(0, 20_008), 0, 20_010), null);
  // What is kept moves on; after a long absence it begins anew.
  assert.equal(next(range(50, 20_008), 60, 20_010), null);
  assert.deepEqual(next(range(50, 100), 9000, 16_300), [9101, 16_300]);
  assert.deepEqual(next(range(0, 10_000), 0, 20_000), [10_001, 17_200]);
  assert.equal(next(null, 0, -6), null);
});

const votes = [800, 803, 805].map((slot) => voteAt(slot));
const entries = votes.map((vote, at) => entryOf(vote, wholeProof(vote, at)));
type Answer = (request: HistoryRequest) => HistoryResponse | Error;
const pageOf = (some: readonly Entry[]): HistoryResponse => ({
  type: 'page',
  memory: 'caught-up',
  entries: some,
  next: null,
});

const setUp = (
  answers: Readonly<Record<string, Answer>>,
  before: SlotRange | null = range(0, 799),
  isFull = (): boolean => false,
) => {
  const clock = createVirtualClock(slotStartMs(network, slotOf(820)));
  const [stored, blamed]: [number[], string[]] = [[], []];
  const asked: string[] = [];
  const events: ReportEvent[] = [];
  const done = { range: before };
  const connected = new Set(Object.keys(answers));
  const keepUp = startKeepUp<string>(
    {
      network,
      domain,
      registry,
      clock,
      keys: createFakeKeys(4 as never),
      combiner: provingCombiner,
      log: createWriteOnlyLog(
        (some) => void stored.push(...some.map(({ certificate }) => certificate.duty.slot)),
      ),
      peers: {
        blame: (who) => void blamed.push(who),
        ask: async (who, request) => {
          asked.push(`${who} ${request.from}-${request.to}`);
          const answer = answers[who]?.(request) ?? new Error('nobody');
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      progress: {
        read: () => done.range,
        write: (_, told) => {
          done.range = told;
        },
      },
      connected: () => [...connected],
      nameOf: (who) => who,
      report: (event) => void events.push(event),
    },
    { keptSlots: 10_000, paceMs: 0, isFull },
  );
  const run = (ms: number): Promise<void> => clock.runUntil(clock.now() + ms);
  return { keepUp, run, stored, blamed, asked, events, done, connected, clock };
};
const honest: Answer = ({ from, to }) =>
  pageOf(entries.filter(({ certificate: { duty } }) => duty.slot >= from && duty.slot <= to));

test('a range is complete once f + 1 nodes have told it, and is not asked for again', async () => {
  const { keepUp, run, stored, asked, done } = setUp({ a: honest, b: honest, c: honest });
  await run(2000);
  assert.deepEqual(
    asked.map((one) => one.slice(2)),
    ['800-814', '800-814'],
  );
  assert.equal(new Set(asked.map((one) => one[0])).size, 2);
  assert.deepEqual(new Set(stored), new Set([800, 803, 805]));
  assert.deepEqual(done.range, range(0, 814));
  assert.deepEqual(keepUp.status(), [
    { committee: committee.id, complete: range(0, 814), behind: 0, older: 0 },
  ]);
  await run(5 * network.slotMs);
  assert.equal(asked.length, 2);
  await run(4 * network.slotMs);
  assert.deepEqual(
    asked.slice(2).map((one) => one.slice(2)),
    ['815-822', '815-822'],
  );
  keepUp.stop();
});

test('a node that is alone is waited for, then believed to be all there is', async () => {
  const { run, asked, done, connected, keepUp } = setUp({ a: honest });
  connected.clear();
  await run(60_000);
  assert.deepEqual(asked, []);
  connected.add('a');
  await run(3000);
  assert.equal(asked.length, 1);
  assert.equal(done.range?.from, 0);
  assert.ok((done.range?.to ?? 0) >= 814);
  keepUp.stop();
});

test('who lies is blamed and left, who fails is asked again later; nothing false is stored', async () => {
  const forged = entries.map((entry) => ({ ...entry, certificate: { ...entry.certificate, round: 2 } }));
  let failures = 0;
  const { run, stored, blamed, done, asked, keepUp } = setUp({
    a: () => pageOf(forged),
    b: () => {
      failures += 1;
      return failures < 3 ? new Error('reset') : pageOf(entries);
    },
  });
  await run(30_000);
  assert.deepEqual(new Set(blamed), new Set(['a']));
  assert.equal(asked.filter((one) => one.startsWith('a')).length, 1);
  assert.deepEqual(new Set(stored), new Set([800, 803, 805]));
  assert.ok((done.range?.to ?? 0) >= 814);
  keepUp.stop();
});

test('while nobody tells everything the range stays open, and says how far behind it is', async () => {
  const { run, done, keepUp, events } = setUp({ a: honest, b: () => ({ type: 'unknown-committee' }) });
  await run(3000);
  assert.deepEqual(done.range, range(0, 799));
  assert.equal(keepUp.status()[0]?.behind, 15);
  assert.ok(
    events.some((event) => event.type === 'copied' && event.source === 'b' && /committee/.test(event.why)),
  );
  keepUp.stop();
});

test('after a stop nothing is asked or remembered', async () => {
  const { run, done, keepUp, asked } = setUp({ a: honest, b: honest });
  keepUp.stop();
  await run(60_000);
  assert.deepEqual(done.range, range(0, 799));
  assert.ok(asked.length <= 1);
});

test('a full file takes what is new, and asks for nothing older', async () => {
  let isFull = true;
  const { run, asked, keepUp } = setUp({ a: honest, b: honest }, range(700, 799), () => isFull);
  await run(2000);
  assert.deepEqual(
    asked.map((one) => one.slice(2)),
    ['800-814', '800-814'],
  );
  assert.equal(keepUp.status()[0]?.older, 0);
  isFull = false;
  assert.equal(keepUp.status()[0]?.older, 700);
  await run(2 * network.slotMs);
  assert.deepEqual(
    asked.slice(2).map((one) => one.slice(2)),
    ['0-699', '0-699'],
  );
  keepUp.stop();
});
