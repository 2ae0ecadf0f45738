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
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { epochOf, slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot } from '../../src/core/ids.ts';
import { createRandom } from '../fakes/random.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';

const slots = 16;

test('conflicting requests and kills at random moments never make two signatures for one duty', async (t) => {
  const seed = Number(process.env.QUORATE_TEST_SEED ?? Date.now() % 1_000_003);
  t.diagnostic(
    `seed ${seed} (QUORATE_TEST_SEED repeats the requests and kills; process timing stays its own)`,
  );
  const random = createRandom(seed);
  const dir = await mkdtemp(join(tmpdir(), 'quorate-crash-'));
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1 });
  const { network } = cluster;
  const [validator] = cluster.validators;
  /** Roots that were signed, by duty: a block by its slot, a vote by its target. */
  const signed = new Map<string, Set<string>>();
  const answers = new Map<string, number>();
  {
    await using operators = await startOperators(cluster);

    const ask = async (id: number, duty: string, signable: Signable): Promise<void> => {
      const roots = rootsOf(network, signable);
      let outcome: string;
      try {
        const response = await fetch(
          `http://127.0.0.1:${cluster.httpPortOf(id)}/api/v1/eth2/sign/${validator}`,
          {
            method: 'POST',
            headers: { accept: 'application/json', 'content-type': 'application/json' },
            body: JSON.stringify(renderWeb3Signer(network, signable, roots)),
            signal: AbortSignal.timeout(8000),
          },
        );
        const body = (await response.json()) as { readonly reason?: string };
        outcome = response.ok ? 'signed' : (body.reason ?? String(response.status));
        if (response.ok) signed.set(duty, (signed.get(duty) ?? new Set()).add(roots.signingRoot));
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
    let slot = (slotAt(network, Date.now()) + 1) as Slot;
    for (let count = 0; count < slots; count++) {
      await sleep(Math.max(0, slotStartMs(network, slot) - Date.now()));
      const target = `target ${epochOf(network, slot)}`;
      for (const id of cluster.operators) {
        for (const view of [random.int(0, 1), random.int(0, 1)]) {
          const [vote, block] = [attestationOf(network, slot, view), blockOf(slot, view)];
          const at = slot;
          work.push(sleep(random.int(0, 200)).then(() => ask(id, target, vote)));
          work.push(sleep(random.int(0, 200)).then(() => ask(id, `block ${at}`, block)));
        }
      }
      if (count % 2 === 0) killing = killing.then(killOne);
      slot = (slot + 1) as Slot;
    }
    await Promise.all([...work, killing]);
  }
  t.diagnostic(
    `${signed.size} duties signed; answers: ${[...answers].map(([name, count]) => `${name} ${count}`).join(', ')}`,
  );
  for (const [duty, roots] of signed)
    assert.equal(roots.size, 1, `${duty} has ${roots.size} signatures; logs in ${dir}`);
  assert.ok(signed.size >= 4, `only ${signed.size} duties were signed at all; logs in ${dir}`);
  await rm(dir, { recursive: true, force: true });
});
