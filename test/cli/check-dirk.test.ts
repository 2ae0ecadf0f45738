/**
 * `quorate check` and a node's shares with a real Dirk: what is there, what is missing, which of two is down.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { readRunConfig } from '../../src/app/config.ts';
import { openShares } from '../../src/app/shares/open-shares.ts';
import { checkShareSigner } from '../../src/cli/check/share-signer.ts';
import { verifyPartials } from '../../src/core/threshold/combine.ts';
import type { Combiner } from '../../src/workflow/ports.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import { keys, network, never, strangeKey, taskOf, verifies } from '../signer/contract.ts';
import { noDirk, startWorld, type World } from '../signer/dirk/world.ts';

const configOf = ({ dirk, authority, client }: World, endpoints = dirk.endpoint) => {
  const read = readRunConfig({
    argv: [
      ...['--cluster-file=c.yaml', '--operator-id=1', '--operator-key-file=k.pem', '--signer=dirk'],
      ...[`--dirk-endpoint=${endpoints}`, '--dirk-server-name=dirk.test', '--dirk-wallets=shares'],
      ...[`--dirk-ca-file=${authority.caFile}`, `--dirk-cert-file=${client.certFile}`],
      `--dirk-key-file=${client.keyFile}`,
    ],
    environment: {},
  });
  assert(read.type === 'ok', JSON.stringify(read));
  return read.settings;
};

test('check tells what Dirk holds, what it lacks, and why it does not answer', { skip: noDirk }, async () => {
  await using world = await startWorld();
  const config = configOf(world);
  const whole = await checkShareSigner(config, keys);
  assert.deepEqual(
    whole.map(({ verdict }) => verdict),
    ['good', 'good'],
    JSON.stringify(whole),
  );
  const lacking = await checkShareSigner(config, [...keys, strangeKey]);
  assert.match(
    JSON.stringify(lacking),
    new RegExp(`lacks 1 of 6 shares of this operator, the first is ${strangeKey}`),
  );
  await world.dirk.kill();
  assert.match(JSON.stringify(await checkShareSigner(config, keys)), /cannot be reached: ECONNREFUSED/);
});

test('a node whose primary Dirk is down signs with the standby, and says so', { skip: noDirk }, async () => {
  await using world = await startWorld();
  const reports: ReportEvent[] = [];
  const combiner: Combiner = {
    combine: async () => [],
    verifyPartials: async (checks) => verifyPartials(checks),
  };
  const config = configOf(world, `127.0.0.1:1,${world.dirk.endpoint}`);
  await using shares = await openShares(
    config,
    network,
    combiner,
    (report) => void reports.push(report),
    pino({ enabled: false }),
  );
  await shares.reload();
  assert.equal(shares.missing(keys), null);
  assert.match(shares.problems().join(), /127\.0\.0\.1:1 cannot be reached/);
  assert.equal(reports.length, 1);
  const [share] = keys;
  assert(share !== undefined);
  const task = taskOf(share);
  assert.ok(verifies(await shares.shareSigner.sign(task, never), task.roots.signingRoot, share));
  assert.match(shares.missing([strangeKey]) ?? '', /cannot be reached/);
});
