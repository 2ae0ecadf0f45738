/**
 * The store of decided history: what goes in comes out, by slot, by validator, page by page; damage, size, other networks.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import fc from 'fast-check';
import { toHex } from '../../../src/core/bytes.ts';
import type { Entry } from '../../../src/core/history/entry.ts';
import {
  type Cursor,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type HistoryRequest,
  pageBytesMax,
} from '../../../src/core/history/messages.ts';
import type { Epoch, Root, ValidatorKey } from '../../../src/core/ids.ts';
import { createDecidedLog } from '../../../src/storage/decided/decided-log.ts';
import { openDecidedFile } from '../../../src/storage/decided/open.ts';
import { StorageFailed } from '../../../src/storage/storage-failed.ts';
import type { DecidedLog } from '../../../src/workflow/history/ports.ts';
import { createServe } from '../../../src/workflow/history/serve.ts';
import {
  blockAt,
  committee,
  entryOf,
  keyAt,
  network,
  partialProof,
  registry,
  rootNamed,
  slotOf,
  voteAt,
  wholeProof,
} from '../../core/history/sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-decided-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `decided-${++files}.sqlite`);
const genesisValidatorsRoot = network.genesisValidatorsRoot;

const open = (path = newPath(), bytesMax = 1 << 30) => {
  const file = openDecidedFile({ path, genesisValidatorsRoot, nowMs: 1 });
  return { file, path, log: createDecidedLog(file, { committees: () => registry.committees, bytesMax }) };
};

const request = (more: Partial<HistoryRequest>): HistoryRequest => ({
  kind: 'range',
  committee: committee.id,
  from: slotOf(0),
  to: slotOf(1_000_000),
  validators: [],
  after: null,
  ...more,
});

/** Entries in few words: a difference of long byte arrays takes minutes to print. */
const told = (entries: readonly Entry[]): readonly string[] =>
  entries.map(({ certificate, proofs }) => {
    const { duty } = certificate;
    const alone = encodeResponse({
      type: 'page',
      memory: 'new',
      entries: [{ certificate, proofs: [] }],
      next: null,
    });
    const claims = proofs.map(
      ({ validator, index, claims }) =>
        `${validator.slice(-2)}/${index}: ${claims.map(({ by, signature }) => `${by} ${toHex(signature).slice(2, 10)}`).join(', ')}`,
    );
    return [duty.role, duty.slot, toHex(digest(alone)).slice(0, 12), ...claims.sort()].join(' | ');
  });

const readAll = (log: DecidedLog, asked: HistoryRequest, bytesMax = 4000): readonly Entry[] => {
  const entries: Entry[] = [];
  let after: Cursor | null = null;
  for (let pages = 0; pages < 1000; pages++) {
    const page = log.page({ ...asked, after }, bytesMax);
    entries.push(...page.entries);
    if (page.next === null) return entries;
    after = page.next;
  }
  throw new Error('pages without end');
};

test('a range comes back whole and in order, whatever the size of a page', () => {
  const { file, log } = open();
  using _ = file;
  const votes = Array.from({ length: 200 }, (_, at) => voteAt(1000 + at));
  const entries = votes.map((vote, at) =>
    entryOf(vote, wholeProof(vote, at % 6), partialProof(vote, (at + 1) % 6, [2, 4])),
  );
  log.store([...entries].reverse());
  for (const bytesMax of [1, 5000, 1 << 20])
    assert.deepEqual(told(readAll(log, request({}), bytesMax)), told(entries));
  const some = readAll(log, request({ from: slotOf(1010), to: slotOf(1020) }));
  assert.deepEqual(
    some.map(({ certificate }) => certificate.duty.slot),
    Array.from({ length: 11 }, (_, at) => 1010 + at),
  );
});

test('asked for validators it tells their votes and blocks, with their proofs only', () => {
  const { file, log } = open();
  using _ = file;
  const [first, second] = [voteAt(800), voteAt(808)];
  const block = blockAt(804, keyAt(1));
  const other = blockAt(805, keyAt(2));
  log.store([
    entryOf(first, wholeProof(first, 0), wholeProof(first, 1)),
    entryOf(second, wholeProof(second, 0)),
    entryOf(block),
    entryOf(other),
  ]);
  const since = readAll(log, request({ kind: 'since', validators: [keyAt(1)] }), 1);
  assert.deepEqual(told(since), told([entryOf(first, wholeProof(first, 1)), entryOf(block)]));
  assert.equal(readAll(log, request({ kind: 'since', validators: [keyAt(1)], from: slotOf(805) })).length, 0);
  const newest = readAll(log, request({ kind: 'newest', validators: [keyAt(0), keyAt(1)] }));
  assert.deepEqual(new Set(newest.map(({ certificate }) => certificate.duty.slot)), new Set([808, 800, 804]));
});

test('the newest of many come over several pages, each once', () => {
  const { file, log } = open();
  using _ = file;
  const keys = [0, 1, 2, 3, 4, 5].map(keyAt);
  const entries = keys.flatMap((key, at) => {
    const [old, vote] = [voteAt(900 + at), voteAt(940 + at)];
    return [
      entryOf(old, wholeProof(old, at)),
      entryOf(vote, wholeProof(vote, at)),
      entryOf(blockAt(950 + at, key)),
    ];
  });
  log.store(entries);
  const asked = request({ kind: 'newest', validators: keys });
  const whole = log.page(asked, 1 << 20);
  assert.deepEqual([whole.entries.length, whole.next], [12, null]);
  for (const bytesMax of [1, 2500, 1 << 20])
    assert.deepEqual(told(readAll(log, asked, bytesMax)), told(whole.entries));
});

test('whatever is asked, an answer fits its limit and nothing throws', () => {
  const { file, log } = open();
  using _ = file;
  const votes = Array.from({ length: 300 }, (_, at) => voteAt(1000 + at));
  log.store(
    votes.map((vote, at) =>
      entryOf(vote, wholeProof(vote, at % 6), partialProof(vote, (at + 1) % 6, [1, 2])),
    ),
  );
  const serve = createServe({ registry, log, flush: () => {}, status: () => [] });
  const number = fc.oneof(fc.constantFrom(0, 1, 1000, 1299, 2 ** 53 - 1), fc.nat(2000), fc.maxSafeNat());
  const asking = fc.record({
    kind: fc.constantFrom('newest' as const, 'since' as const, 'range' as const),
    from: number.map(slotOf),
    to: number.map(slotOf),
    validators: fc.array(
      fc.nat(7).map((at) => (at < 6 ? keyAt(at) : (`0x${'ee'.repeat(48)}` as ValidatorKey))),
      {
        minLength: 1,
        maxLength: 128,
      },
    ),
    after: fc.option(fc.tuple(number, number, number)),
  });
  fc.assert(
    fc.property(asking, (shape) => {
      const given = {
        ...shape,
        committee: committee.id,
        validators: shape.kind === 'range' ? [] : shape.validators,
      };
      const decoded = decodeRequest(encodeRequest(given));
      assert.ok(decoded !== null);
      const bytes = encodeResponse(serve(decoded));
      assert.ok(bytes.length <= pageBytesMax / 4, `${bytes.length} bytes`);
      assert.notEqual(decodeResponse(bytes), null);
    }),
    { numRuns: 150 },
  );
});

test('proofs join the entry that is there, and the whole signature replaces partial ones', () => {
  const { file, log } = open();
  using _ = file;
  const vote = voteAt(900);
  log.store([entryOf(vote, partialProof(vote, 0, [1]))]);
  log.store([entryOf(vote, partialProof(vote, 0, [1, 3]), partialProof(vote, 1, [2]))]);
  assert.deepEqual(
    told(readAll(log, request({}))),
    told([entryOf(vote, partialProof(vote, 0, [1, 3]), partialProof(vote, 1, [2]))]),
  );
  log.store([entryOf(vote, wholeProof(vote, 0))]);
  log.store([entryOf(vote, partialProof(vote, 0, [4]))]);
  assert.deepEqual(
    told(readAll(log, request({}))),
    told([entryOf(vote, wholeProof(vote, 0), partialProof(vote, 1, [2]))]),
  );
});

test('another value for a stored duty changes nothing', () => {
  const { file, log } = open();
  using _ = file;
  const [vote, other] = [voteAt(900, { view: 'a' }), voteAt(900, { view: 'b' })];
  log.store([entryOf(vote, wholeProof(vote, 0))]);
  log.store([entryOf(other, wholeProof(other, 1))]);
  assert.deepEqual(told(readAll(log, request({}))), told([entryOf(vote, wholeProof(vote, 0))]));
});

test('a floor only rises and outlives the process', () => {
  const { file, log, path } = open();
  assert.equal(log.floor(), null);
  log.raiseFloor({ epoch: 7 as Epoch, slot: slotOf(60) });
  log.raiseFloor({ epoch: 5 as Epoch, slot: slotOf(40) });
  file[Symbol.dispose]();
  const again = open(path);
  using _ = again.file;
  assert.deepEqual(again.log.floor(), { epoch: 7, slot: 60 });
});

test('what is old goes, and the oldest goes first where the file grows too large', () => {
  const { file, log } = open(newPath(), 400_000);
  using _ = file;
  log.store(Array.from({ length: 4000 }, (_, at) => entryOf(voteAt(at))));
  assert.equal(log.prune(slotOf(100)), 3900 - readAll(log, request({}), 1 << 20).length + 100);
  const left = readAll(log, request({}), 1 << 20).map(({ certificate }) => certificate.duty.slot);
  assert.ok(
    left.length < 2000 && left.every((slot, at) => at === 0 || slot > (left[at - 1] ?? 0)),
    'oldest first',
  );
  assert.equal(left.length === 0 || left.at(-1) === 3999, true);
});

test('a damaged file is put aside, told, and a new one begun; the floor of the slashing database is not its business', () => {
  const { file, log, path } = open();
  log.store(Array.from({ length: 300 }, (_, at) => entryOf(voteAt(at))));
  file[Symbol.dispose]();
  truncateSync(path, Math.floor(statSync(path).size / 2));
  const again = open(path);
  using _ = again.file;
  assert.ok(again.file.putAside?.startsWith(path));
  assert.ok(readdirSync(folder).some((name) => name.includes('.damaged-')));
  assert.equal(readAll(again.log, request({})).length, 0);
});

test('another network, another kind of file and a second owner are refused', () => {
  const { file, path } = open();
  assert.throws(
    () => open(path),
    (error) => error instanceof StorageFailed && error.reason === 'in-use',
  );
  file[Symbol.dispose]();
  assert.throws(
    () => openDecidedFile({ path, genesisValidatorsRoot: rootNamed('elsewhere') as Root, nowMs: 1 }),
    (error) => error instanceof StorageFailed && error.reason === 'wrong-network',
  );
  const missing = newPath();
  assert.throws(
    () => openDecidedFile({ path: missing, genesisValidatorsRoot: null, nowMs: 1 }),
    (error) => error instanceof StorageFailed && error.reason === 'missing',
  );
  const text = newPath();
  writeFileSync(
    text,
    'not a database at all, but long enough to be read as a header of a hundred bytes'.repeat(9),
  );
  using other = open(text).file;
  assert.ok(other.putAside !== null);
});
