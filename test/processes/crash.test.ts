/**
 * Four real nodes whose clients ask for conflicting data while nodes are killed and restarted at random moments: for one duty
 * there is at most one signature, ever.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { layOutCluster } from '../../src/cli/demo/cluster.ts';
import { startOperators } from '../../src/cli/demo/processes.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { epochOf } from '../../src/core/eth2/slots.ts';
import type { Slot } from '../../src/core/ids.ts';
import { createRandom } from '../fakes/random.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';
import { currentSlot, request, untilSlot } from './client.ts';

const slots = 16;
/** Duties that have to be signed for the test to say something, and slots in which a busy machine may get there. */
const [signedMin, slotsMax] = [4, 48];

test('conflicting requests and kills at random moments never make two signatures for one duty', async (t) => {
  const seed = Number(process.env.QUORATE_TEST_SEED ?? Date.now() % 1_000_003);
  t.diagnostic(
    `seed ${seed} (QUORATE_TEST_SEED repeats the requests and kills; process timing stays its own)`,
  );
  const random = createRandom(seed);
  const dir = await mkdtemp(join(tmpdir(), 'quorate-crash-'));
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1 });
  const { network } = cluster;
  /** Roots that were signed, by duty: a block by its slot, a vote by its target. */
  const signed = new Map<string, Set<string>>();
  const answers = new Map<string, number>();
  {
    await using operators = await startOperators(cluster);

    const ask = async (id: number, duty: string, signable: Signable): Promise<void> => {
      let outcome: string;
      try {
        const response = await request(cluster, id, signable);
        const body = (await response.json()) as { readonly reason?: string };
        outcome = response.ok ? 'signed' : (body.reason ?? String(response.status));
        const { signingRoot } = rootsOf(network, signable);
        if (response.ok) signed.set(duty, (signed.get(duty) ?? new Set()).add(signingRoot));
      } catch {
        // The node was killed with the request in it.
        outcome = 'connection lost';
      }
      answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
    };

    const killOne = async (): Promise<void> => {
      await sleep(random.int(0, 250));
      const id = random.pick(cluster.operators);
      await operators.kill(id);
      await sleep(random.int(0, 100));
      await operators.restart(id);
    };

    const work: Promise<void>[] = [];
    // One at a time: with two down nothing is signed, and a node is not started twice.
    let killing = Promise.resolve();
    let slot = (currentSlot(network) + 1) as Slot;
    const isEnough = (count: number): boolean =>
      count >= slots && (signed.size >= signedMin || count >= slotsMax);
    for (let count = 0; !isEnough(count); count++) {
      await untilSlot(network, slot);
      const target = `target ${epochOf(network, slot)}`;
      for (const id of cluster.operators) {
        for (const view of [random.int(0, 1), random.int(0, 1)]) {
          const [vote, block] = [attestationOf(network, slot, view), blockOf(slot, view)];
          const at = slot;
          work.push(sleep(random.int(0, 200)).then(() => ask(id, target, vote)));
          work.push(sleep(random.int(0, 200)).then(() => ask(id, `block ${at}`, block)));
        }
      }
      if (count % 2 === 0 && count < slots) killing = killing.then(killOne);
      slot = (slot + 1) as Slot;
    }
    await Promise.all([...work, killing]);
  }
  t.diagnostic(
    `${signed.size} duties signed; answers: ${[...answers].map(([name, count]) => `${name} ${count}`).join(', ')}`,
  );
  for (const [duty, roots] of signed)
    assert.equal(roots.size, 1, `${duty} has ${roots.size} signatures; logs in ${dir}`);
  assert.ok(signed.size >= signedMin, `only ${signed.size} duties were signed at all; logs in ${dir}`);
  await rm(dir, { recursive: true, force: true });
});
