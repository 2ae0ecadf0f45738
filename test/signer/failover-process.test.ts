/**
 * Two signer processes that hold the same shares, each with a record of its own; the first is killed in the middle of a burst.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretKey } from '@chainsafe/blst';
import { networkByName } from '../../src/core/eth2/load-network.ts';
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import type { Epoch, Root, Slot } from '../../src/core/ids.ts';
import { verifyPartials } from '../../src/core/threshold/combine.ts';
import { selectSigner } from '../../src/signer/select.ts';
import { createWeb3Signer } from '../../src/signer/web3signer/web3signer.ts';
import type { ShareTask } from '../../src/workflow/ports.ts';
import { keyOf, taskOf } from './contract.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder, writeKeystore } from './keystore/temporary-keystores.ts';

const mainPath = new URL('../../src/main.ts', import.meta.url).pathname;
const found = networkByName('hoodi');
assert.ok(found !== null);
const network = found;
const secrets = Array.from({ length: 40 }, (_, at) => SecretKey.fromKeygen(new Uint8Array(32).fill(at + 1)));
const shares = secrets.map(keyOf);
const root = (byte: string) => `0x${byte.repeat(32)}` as Root;

const startSigner = async (folder: string) => {
  const [keystores, port] = [join(folder, 'keystores'), await freePort()];
  await mkdir(keystores, { recursive: true });
  for (const [at, secret] of secrets.entries()) await writeKeystore(keystores, `share-${at}`, secret);
  const child = spawn(
    process.execPath,
    [
      ...[mainPath, 'signer', '--network', 'hoodi', '--http-port', String(port), '--no-metrics-enabled'],
      ...['--keystores-dir', keystores, '--keystores-passwords-dir', keystores],
      ...['--data-dir', join(folder, 'data'), '--log-level', 'error'],
    ],
    { stdio: 'ignore' },
  );
  return { child, url: `http://127.0.0.1:${port}` };
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
};

/** One slot's worth: a vote, a block and what comes with them for each share. */
const burst = (): readonly ShareTask[] =>
  shares.flatMap((share) => {
    const [epoch, slot] = [2000 as Epoch, 64_000 as Slot];
    const source = { epoch: (epoch - 1) as Epoch, root: root('aa') };
    const target = { epoch, root: root('bb') };
    const header = {
      slot,
      proposerIndex: 7,
      parentRoot: root('cc'),
      stateRoot: root('dd'),
      bodyRoot: root('ee'),
    };
    const signables: readonly Signable[] = [
      { type: 'attestation', slot, index: 0, vote: { beaconBlockRoot: root('cc'), source, target } },
      { type: 'block', slot, header },
      { type: 'selection-proof', slot },
      { type: 'randao', epoch },
      { type: 'sync-message', slot, beaconBlockRoot: root('cc') },
    ];
    return signables.map((signable) => ({ ...taskOf(share), signable, roots: rootsOf(network, signable) }));
  });

test('kill -9 of the primary in the middle of a burst loses nothing that the standby can sign', async () => {
  await using folder = await temporaryFolder();
  const [primary, standby] = await Promise.all([
    startSigner(join(folder.path, 'primary')),
    startSigner(join(folder.path, 'standby')),
  ]);
  const signers = [primary, standby].map(({ url }) =>
    createWeb3Signer({
      url,
      timeoutMs: 10_000,
      connections: 16,
      render: (signable, roots) => renderWeb3Signer(network, signable, roots),
      verify: async (check) => verifyPartials([check])[0] === true,
    }),
  );
  try {
    const selected = selectSigner(signers, { sliceMs: 5000 });
    const deadline = AbortSignal.timeout(60_000);
    while (selected.reachable().size < shares.length || selected.failures().length > 0) {
      await selected.keys(deadline).catch(() => sleep(100));
    }
    let signed = 0;
    const tasks = burst();
    const checks = await Promise.all(
      tasks.map(async (task) => {
        const signature = await selected.sign(task, deadline);
        signed++;
        if (signed === 20) primary.child.kill('SIGKILL');
        return { share: task.share, signingRoot: task.roots.signingRoot, signature };
      }),
    );
    assert.equal(signed, 200);
    assert.ok(verifyPartials(checks).every((isGood) => isGood));
    assert.equal(primary.child.killed, true);
    await assert.rejects((signers[0] as (typeof signers)[0]).keys(deadline));
  } finally {
    await Promise.all(signers.map((signer) => signer[Symbol.asyncDispose]()));
    await Promise.all([end(primary.child), end(standby.child)]);
  }
});
