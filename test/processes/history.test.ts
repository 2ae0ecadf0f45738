/**
 * Four real nodes: one loses its databases, learns from the others what it signed, and every stored decision verifies offline.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed } from '../../src/cli/command.ts';
import { layOutCluster, quorate } from '../../src/cli/demo/cluster.ts';
import { startOperators } from '../../src/cli/demo/processes.ts';
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot } from '../../src/core/ids.ts';
import { attestationOf, blockOf } from '../simulation/world/requests.ts';

test('a node whose databases are gone learns from its peers what it signed; all that is stored verifies offline', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'quorate-history-'));
  const cluster = await layOutCluster(dir, { operators: 4, validators: 1 });
  const { network } = cluster;
  const [validator] = cluster.validators;
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
      return response.ok ? 'signed' : await response.text();
    };
    const slot = (slotAt(network, Date.now()) + 1) as Slot;
    await sleep(slotStartMs(network, slot) - Date.now());
    for (const signable of [blockOf(slot, 0), attestationOf(network, slot, 0)]) {
      const answers = await Promise.all(cluster.operators.map((id) => ask(id, signable)));
      // On a busy machine one of them may not get its answer in time.
      assert.ok(answers.includes('signed'), answers.join('; '));
    }
    await operators.kill(4);
    const data = join(dir, 'data-4');
    for (const name of await readdir(data)) if (name.includes('sqlite')) await rm(join(data, name));
    // Comes up only once it has caught up.
    await operators.restart(4);
  }
  const log = await readFile(join(dir, 'operator-4.log'), 'utf8');
  assert.match(log, /nothing up to epoch \d+ is signed/);
  const known = await quorate('slashing', 'export', '--data-dir', join(dir, 'data-4'));
  for (const root of new Set(signed))
    assert.ok(known.includes(root), `it does not know ${root}; logs in ${dir}`);

  const files = [
    '--cluster-file',
    join(dir, 'shares', 'cluster.yaml'),
    '--network-file',
    join(dir, 'network.yaml'),
  ];
  for (const id of [1, 4]) {
    const source = [...files, '--data-dir', join(dir, `data-${id}`)];
    assert.match(await quorate('history', 'verify', ...source), /^([1-9]\d*) of \1 certificates verify/);
    assert.match(await quorate('history', 'list', ...source), /attestation .* 1 {2}slots/);
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
