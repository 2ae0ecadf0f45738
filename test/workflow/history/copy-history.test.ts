/**
 * Copying a range of decisions: whole, from whoever tells it, and without touching slashing protection.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../src/core/history/entry.ts';
import type { HistoryResponse } from '../../../src/core/history/messages.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import { type CopyPorts, copyHistory } from '../../../src/workflow/history/copy-history.ts';
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
import { createWriteOnlyLog } from '../../fakes/decided-log.ts';
import { createFakeKeys, provingCombiner } from '../../fakes/signing.ts';

const votes = [800, 801, 802].map((slot) => voteAt(slot));
const entries = votes.map((vote, at) => entryOf(vote, wholeProof(vote, at)));
const page = (some: readonly Entry[], next: readonly [number, number, number] | null): HistoryResponse => ({
  type: 'page',
  memory: 'caught-up',
  entries: some,
  next,
});

const portsOf = (ask: (operator: OperatorId, page: number) => HistoryResponse, connected = [1, 2, 3]) => {
  const [stored, blamed, asked]: [Entry[], number[], number[]] = [[], [], []];
  const ports: CopyPorts = {
    network,
    domain,
    registry,
    clock: { now: () => network.genesisTimeMs + 900 * network.slotMs, at: () => () => {} },
    keys: createFakeKeys(4 as OperatorId),
    combiner: provingCombiner,
    log: createWriteOnlyLog((some) => void stored.push(...some)),
    peers: {
      blame: (operator) => void blamed.push(operator),
      ask: async (operator) => ask(operator, asked.push(operator) - 1),
    },
    connected: {
      isConnected: (operator) => connected.includes(operator),
      connectedSinceMs: () => null,
      onLost: () => {},
    },
    report: () => {},
  };
  const slots = (): readonly number[] => stored.map(({ certificate }) => certificate.duty.slot);
  return { ports, slots, blamed, asked };
};
const range = { from: slotOf(800), to: slotOf(810) };
const never = new AbortController().signal;

test('all pages of the first operator that tells everything', async () => {
  const { ports, slots, asked } = portsOf((_, at) =>
    at === 0 ? page(entries.slice(0, 2), [801, 9, 0]) : page(entries.slice(2), null),
  );
  assert.deepEqual(await copyHistory(ports, committee, range, never, 0), { type: 'answered', entries: 3 });
  assert.deepEqual(
    [slots(), asked],
    [
      [800, 801, 802],
      [1, 1],
    ],
  );
});

test('an operator that lies is blamed, the next one is asked; one that is away is passed over', async () => {
  const forged = entries.map((entry) => ({ ...entry, certificate: { ...entry.certificate, round: 2 } }));
  const { ports, slots, blamed, asked } = portsOf(
    (operator) => page(operator === 2 ? forged : entries, null),
    [2, 3],
  );
  assert.notEqual(await copyHistory(ports, committee, range, never, 0), null);
  assert.deepEqual([slots(), blamed, asked], [[800, 801, 802], [2], [2, 3]]);
});

test('decisions outside the range are a lie, and without a teller there is nothing', async () => {
  const { ports, slots, blamed } = portsOf(() => page([entryOf(voteAt(811))], null));
  assert.equal(await copyHistory(ports, committee, range, never, 0), null);
  assert.deepEqual([slots(), blamed], [[], [1, 2, 3]]);
});

test('after a stop nothing more is stored', async () => {
  const stop = new AbortController();
  const { ports, slots } = portsOf(() => {
    stop.abort();
    return page(entries, null);
  });
  assert.equal(await copyHistory(ports, committee, range, stop.signal, 0), null);
  assert.deepEqual(slots(), []);
});
