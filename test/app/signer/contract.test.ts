/**
 * `quorate signer` as the share signer of a node, through the client that nodes have: the contract of all share signers, and
 * what only a process with a history does.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSignerConfig } from '../../../src/app/signer/signer-config.ts';
import { startSigner } from '../../../src/app/signer/signer-server.ts';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import type { ShareKey } from '../../../src/core/ids.ts';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import { createWeb3Signer } from '../../../src/signer/web3signer/web3signer.ts';
import { everyForkConfig } from '../../core/eth2/networks.ts';
import { failsAs, keys, network, never, secrets, signerContract, taskOf } from '../../signer/contract.ts';
import { temporaryFolder, writeKeystore } from '../../signer/keystore/temporary-keystores.ts';

/** Keystores, data and network file of one signer; gone with it. */
const makeHome = async () => {
  const [keystores, data] = [await temporaryFolder(), await temporaryFolder()];
  for (const [at, secret] of secrets.entries()) await writeKeystore(keystores.path, `share-${at}`, secret);
  const networkFile = join(data.path, 'network.json');
  await writeFile(networkFile, JSON.stringify(everyForkConfig('minimal', 'fulu')));
  return {
    start: (port = 0) => {
      const argv = [
        `--keystores-dir=${keystores.path}`,
        `--keystores-passwords-dir=${keystores.path}`,
        `--data-dir=${data.path}`,
        `--network-file=${networkFile}`,
        `--http-port=${port}`,
        '--no-metrics-enabled',
        '--log-level=error',
        '--shutdown-grace-ms=1000',
      ];
      const read = readSignerConfig({ argv, environment: {} });
      assert(read.type === 'ok', JSON.stringify(read));
      return startSigner(read.settings);
    },
    [Symbol.asyncDispose]: async () => {
      await keystores[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
};

const clientOf = (port: number) =>
  createWeb3Signer({
    url: `http://127.0.0.1:${port}`,
    timeoutMs: 5000,
    render: (signable, roots) => renderWeb3Signer(network, signable, roots),
    verify: async (check) => verifyPartials([check])[0] === true,
  });

const open = async () => {
  const home = await makeHome();
  const signer = await home.start();
  const client = clientOf(signer.httpPort);
  return {
    ...client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await signer[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
};

signerContract('quorate signer', open);

const [firstKey] = keys as [ShareKey];

const targetOf = ({ signable }: ReturnType<typeof taskOf>): number => {
  assert(signable.type === 'attestation');
  return signable.vote.target.epoch;
};

/** Votes at random, highest target first: after the first, each of the others is slashable or below the minimum. */
const votes = [1, 2, 3, 4]
  .map((seed) => taskOf(firstKey, 'attestation', seed))
  .sort((a, b) => targetOf(b) - targetOf(a));

test('quorate signer: a refusal of its slashing protection comes as one, and a restart changes nothing of it', async () => {
  await using home = await makeHome();
  const first = await home.start();
  await using client = clientOf(first.httpPort);
  const [latest, ...earlier] = votes;
  assert(latest !== undefined);
  const signature = await client.sign(latest, never);
  for (const vote of earlier) await assert.rejects(client.sign(vote, never), failsAs('refused', /412/));
  await first[Symbol.asyncDispose]();
  await assert.rejects(client.sign(latest, never), failsAs('unavailable'));
  await using _second = await home.start(first.httpPort);
  assert.deepEqual(await client.sign(latest, never), signature);
  for (const vote of earlier) await assert.rejects(client.sign(vote, never), failsAs('refused', /412/));
});
