/**
 * Golden traces: a few stories, told event by event by the operators themselves, as a person would read them in the logs.
 *
 * The files in traces/ are the expectation. `UPDATE_TRACES=1 node --test test/workflow/traces.test.ts` writes them anew; read
 * the difference before it is committed.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { sentenceOf } from '../../src/app/report/sentence.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../src/core/ids.ts';
import { leaderOf } from '../../src/core/qbft/quorum.ts';
import { isWireError } from '../../src/core/wire/errors.ts';
import { decodeQbftMessage } from '../../src/core/wire/qbft-message.ts';
import { decodeSigned } from '../../src/core/wire/signed.ts';
import { createRandom } from '../fakes/random.ts';
import { type Cluster, createCluster, type Member } from '../simulation/world/cluster.ts';
import { attestationOf, requestOf } from '../simulation/world/requests.ts';

/** A cluster of four whose slot is led by operator 1 in round 1, by 2 in round 2, and so on. */
const setUp = async () => {
  const cluster = createCluster({ n: 4, validators: 1, random: createRandom(7) });
  cluster.network.setWeather({ delayMs: 5, jitterMs: 0, loss: 0, duplicate: 0 });
  for (const member of cluster.members) cluster.start(member);
  const operators = cluster.members.map((member) => member.id);
  let slot = slotAt(cluster.eth2, cluster.clock.now()) + 1;
  while (leaderOf(operators, slot, 1) !== 1) slot += 1;
  const startMs = slotStartMs(cluster.eth2, slot as Slot);
  const lines: string[] = [];
  cluster.watch((member, event) => {
    const at = Math.round(cluster.clock.now() - startMs)
      .toString()
      .padStart(5);
    const text = sentenceOf(event)
      .text.replaceAll(/0x[0-9a-f]{8,}/g, (hex) => hex.slice(0, 8))
      .replaceAll(String(slot), 'S');
    lines.push(`${at} ms  operator ${member.id}: ${text}`);
  });
  const story = { cluster, slot: slot as Slot, startMs, lines };
  await cluster.clock.runUntil(startMs);
  return story;
};
type Story = Awaited<ReturnType<typeof setUp>>;

const member = (cluster: Cluster, id: number): Member => cluster.members[id - 1] as Member;

const ask = ({ cluster, slot, startMs }: Story, id: number, offsetMs: number): void => {
  const [key] = cluster.registry.validators.keys();
  cluster.clock.at(startMs + offsetMs, () => {
    void member(cluster, id).workflow?.sign(
      key as ValidatorKey,
      requestOf(cluster.eth2, attestationOf(cluster.eth2, slot, 0)),
      new AbortController().signal,
    );
  });
};

const note = (story: Story, text: string): void => void story.lines.push(`            ${text}`);

const assertTrace = (name: string, story: Story): void => {
  const path = new URL(`./traces/${name}.txt`, import.meta.url);
  const text = `${story.lines.join('\n')}\n`;
  if (process.env.UPDATE_TRACES === '1') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
};

test('happy path', async () => {
  const story = await setUp();
  for (const id of [1, 2, 3, 4]) ask(story, id, 4000 + id);
  await story.cluster.clock.runUntil(story.startMs + 5000);
  assertTrace('happy-path', story);
});

test('dead leader', async () => {
  const story = await setUp();
  note(story, '-- operator 1, who leads round 1, is dead --');
  story.cluster.crash(member(story.cluster, 1));
  for (const id of [2, 3, 4]) ask(story, id, 4000 + id);
  await story.cluster.clock.runUntil(story.startMs + 5000);
  assertTrace('dead-leader', story);
});

test('prepared, then a round change: the next leader proposes what was prepared', async () => {
  const story = await setUp();
  const { cluster } = story;
  // Commits of round 1 are lost, so everyone has prepared and nobody has decided.
  for (const { id } of cluster.members) {
    cluster.network.tamper(id, (bytes) => {
      const signed = decodeSigned(bytes);
      const qbft =
        isWireError(signed) || signed.message.type !== 'consensus'
          ? null
          : decodeQbftMessage(signed.message.data);
      return qbft !== null && !isWireError(qbft) && qbft.type === 'commit' && qbft.round === 1 ? [] : [bytes];
    });
  }
  note(story, '-- every commit of round 1 gets lost --');
  for (const id of [1, 2, 3, 4]) ask(story, id, 4000 + id);
  await cluster.clock.runUntil(story.startMs + 8000);
  assertTrace('prepared-then-round-change', story);
});

test('a late operator decides from a certificate', async () => {
  const story = await setUp();
  const { cluster, startMs } = story;
  const [one, two, three, four] = cluster.members.map(({ id }) => id) as [
    OperatorId,
    OperatorId,
    OperatorId,
    OperatorId,
  ];
  cluster.network.partition([[one, two, three], [four]]);
  note(story, '-- operator 4 is cut off --');
  for (const id of [1, 2, 3]) ask(story, id, 4000 + id);
  await cluster.clock.runUntil(startMs + 4500);
  cluster.network.partition([]);
  note(story, '-- operator 4 is back, and its client asks --');
  ask(story, 4, 4600);
  await cluster.clock.runUntil(startMs + 6000);
  assertTrace('late-operator', story);
});

test('a crash between record and signature: the same vote is signed after the restart', async () => {
  const story = await setUp();
  const { cluster, startMs } = story;
  const victim = member(cluster, 4);
  let crashed = false;
  cluster.watch((one, event) => {
    if (one !== victim || event.type !== 'recorded' || crashed) return;
    crashed = true;
    cluster.crash(victim);
    note(story, '-- operator 4 crashes: its vote is recorded, and not signed --');
  });
  for (const id of [1, 2, 3, 4]) ask(story, id, 4000 + id);
  await cluster.clock.runUntil(startMs + 4500);
  note(story, '-- operator 4 starts again, and its client asks once more --');
  cluster.start(victim);
  ask(story, 4, 4600);
  await cluster.clock.runUntil(startMs + 6000);
  assertTrace('crash-between-record-and-sign', story);
});
