/**
 * Four real nodes: one loses its databases, then gets old ones back; both times it learns from the others what was signed, refuses
 * what conflicts with it, and every stored decision verifies offline.
 */
import assert from 'node:assert/strict';
import { copyFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '../../src/cli/command.ts';
import { layOutCluster, quorate } from '../../src/cli/demo/cluster.ts';
import { startOperators } from '../../src/cli/demo/processes.ts';
import type { Network } from '../../src/core/eth2/network.ts';
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { epochOf, slotAt, slotStartMs, startSlotOf } from '../../src/core/eth2/slots.ts';
import type { Epoch, Slot } from '../../src/core/ids.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';

/** A vote from one epoch to another, that a client of `slot` could ask for. */
const voteFrom = (network: Network, slot: Slot, source: number): Signable => {
  const vote = attestationOf(network, slot, 9);
  assert.ok(vote.type === 'attestation');
  return { ...vote, vote: { ...vote.vote, source: { epoch: source as Epoch, root: vote.vote.source.root } } };
};

test('a node whose databases are gone, or old, learns what was signed and refuses what conflicts; all that is stored verifies offline', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-history-'));
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1 });
  const { network } = cluster;
  const [validator] = cluster.validators;
  const [data, copy] = [join(dir, 'data-4'), join(dir, 'copy-4')];
  const databases = async (folder: string): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.includes('sqlite'));
  const remove = async (): Promise<void> => {
    for (const name of await databases(data)) await rm(join(data, name));
  };
  const putBack = async (): Promise<void> => {
    await remove();
    for (const name of await databases(copy)) await copyFile(join(copy, name), join(data, name));
  };
  const signed: string[] = [];
  {
    await using operators = await startOperators(cluster);
    const ask = async (id: number, signable: Signable): Promise<string> => {
      const roots = rootsOf(network, signable);
      const response = await fetch(
        `http://127.0.0.1:${cluster.httpPortOf(id)}/api/v1/eth2/sign/${validator}`,
        {
          method: 'POST',
          headers: { accept: 'application/json', 'content-type': 'application/json' },
          body: JSON.stringify(renderWeb3Signer(network, signable, roots)),
        },
      );
      if (response.ok) signed.push(roots.signingRoot);
      return response.ok ? 'signed' : `${response.status} ${await response.text()}`;
    };
    const signTogether = async (ids: readonly number[], signable: Signable): Promise<void> => {
      const answers = await Promise.all(ids.map((id) => ask(id, signable)));
      // On a busy machine one of them may not get its answer in time.
      assert.ok(answers.includes('signed'), answers.join('; '));
    };
    const until = (slot: number): Promise<void> =>
      sleep(Math.max(0, slotStartMs(network, slot as Slot) - Date.now()));
    const now = (): Slot => slotAt(network, Date.now());
    const nextEpoch = (): number => epochOf(network, now()) + 1;

    await operators.kill(4);
    await cp(data, copy, { recursive: true });
    await operators.restart(4);
    const first = startSlotOf(network, nextEpoch() as Epoch);
    await until(first);
    await signTogether(cluster.operators, attestationOf(network, first, 0));

    // By the second time the copy is more than an epoch old.
    for (const [at, lose] of [remove, putBack].entries()) {
      const epoch = nextEpoch();
      const slot = startSlotOf(network, epoch as Epoch);
      await until(slot - 1);
      await operators.kill(4);
      await lose();
      await until(slot);
      for (const signable of [blockOf(slot, 0), attestationOf(network, slot, 0)])
        await signTogether([1, 2, 3], signable);
      // Comes up only once it has caught up.
      await operators.restart(4);
      const log = await readFile(join(dir, 'operator-4.log'), 'utf8');
      assert.equal(log.match(/nothing up to epoch \d+ is signed/g)?.length, at + 1, `logs in ${dir}`);
      // Another vote of that epoch, by a client that is a little late, and one that surrounds it.
      const last = Math.min(now(), slot + network.slotsPerEpoch - 1) as Slot;
      assert.match(await ask(4, attestationOf(network, last, 9)), /^412 .*\(double-vote\)/);
      await until(slot + network.slotsPerEpoch);
      assert.match(await ask(4, voteFrom(network, now(), epoch - 2)), /^412 .*\(surrounds\)/);
      // What does not conflict it signs: without it there is no quorum.
      await operators.kill(3);
      await signTogether([1, 2, 4], attestationOf(network, now(), 0));
      await operators.restart(3);
    }
  }
  const files = [
    '--cluster-file',
    join(dir, 'shares', 'cluster.yaml'),
    '--network-file',
    join(dir, 'network.yaml'),
  ];
  for (const id of [1, 4]) {
    const source = [...files, '--data-dir', join(dir, `data-${id}`)];
    assert.match(await quorate('history', 'verify', ...source), /^([1-9]\d*) of \1 certificates verify/);
    assert.match(await quorate('history', 'list', ...source), /attestation .* [1-9]\d* {2}slots/);
    const exported = await quorate('history', 'export', ...source);
    for (const root of new Set(signed)) assert.ok(exported.includes(root), `not exported: ${root}`);
    const csv = await quorate('history', 'export', '--format', 'csv', ...source);
    assert.match(csv, new RegExp(`attestation,0x[0-9a-f]{64},${validator},1,`));
  }
  // One changed number in one certificate is found, told, and not exported.
  const path = join(dir, 'data-1', 'decided.sqlite');
  const sql = new DatabaseSync(path);
  sql.exec('UPDATE certificates SET round = round + 1 WHERE id = (SELECT min(id) FROM certificates)');
  sql.close();
  const tampered = ['history', 'verify', ...files, '--history-file', path];
  await assert.rejects(quorate(...tampered), CommandFailed);
  await assert.rejects(quorate('history', 'export', ...files, '--history-file', path), /does not verify/);
  await rm(dir, { recursive: true, force: true });
});
