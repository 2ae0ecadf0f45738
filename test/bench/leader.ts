/**
 * What a bad leader costs: the time of an attestation over four real processes, when the leader of the slot is healthy, is
 * killed, has a client that stays silent, or hangs with its connections open (which is what a partition looks like).
 *
 * `node test/bench/leader.ts [--samples N] [--json]`. Times are from the first request to the last answer of the clients that
 * asked. Measured, never asserted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type DemoCluster, layOutCluster } from '../../src/cli/demo/cluster.ts';
import { type Operators, startOperators } from '../../src/cli/demo/processes.ts';
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { OperatorId, Slot } from '../../src/core/ids.ts';
import { leaderOf } from '../../src/core/qbft/quorum.ts';
import { attestationOf } from '../simulation/world/requests.ts';

const { values } = parseArgs({
  options: { samples: { type: 'string', default: '8' }, json: { type: 'boolean', default: false } },
});
const samples = Number(values.samples);

const cases = ['healthy', 'leader killed', "leader's client silent", 'leader hangs'] as const;
type Case = (typeof cases)[number];

const askOne = async (cluster: DemoCluster, operator: number, slot: Slot): Promise<boolean> => {
  const { network } = cluster;
  const validator = cluster.validators[slot % cluster.validators.length];
  const signable = attestationOf(network, slot, 0);
  const response = await fetch(
    `http://127.0.0.1:${cluster.httpPortOf(operator)}/api/v1/eth2/sign/${validator}`,
    {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(renderWeb3Signer(network, signable, rootsOf(network, signable))),
    },
  );
  await response.arrayBuffer();
  return response.ok;
};

/** One slot with this leader trouble; null where a signature is missing. */
const sample = async (cluster: DemoCluster, operators: Operators, trouble: Case): Promise<number | null> => {
  const { network } = cluster;
  const slot = (slotAt(network, Date.now()) + 2) as Slot;
  const leader = leaderOf(cluster.operators as readonly OperatorId[], slot, 1);
  await sleep(slotStartMs(network, slot) - 300 - Date.now());
  if (trouble === 'leader killed') await operators.kill(leader);
  if (trouble === 'leader hangs') operators.signal(leader, 'SIGSTOP');
  await sleep(Math.max(0, slotStartMs(network, slot) - Date.now()));
  const asking = cluster.operators.filter((id) => trouble === 'healthy' || id !== leader);
  const startedMs = performance.now();
  const good = await Promise.all(asking.map((id) => askOne(cluster, id, slot)));
  const tookMs = performance.now() - startedMs;
  if (trouble === 'leader killed') await operators.restart(leader);
  if (trouble === 'leader hangs') {
    operators.signal(leader, 'SIGCONT');
    await sleep(1000);
  }
  return good.every(Boolean) ? tookMs : null;
};

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const dir = await mkdtemp(join(tmpdir(), 'quorate-leader-'));
const cluster = await layOutCluster(dir, { operators: 4, validators: 8 });
const results: Record<string, { medianMs: number; maxMs: number; unsigned: number }> = {};
{
  await using operators = await startOperators(cluster);
  for (let warm = 0; warm < 3; warm++) await sample(cluster, operators, 'healthy');
  for (const trouble of cases) {
    const times: number[] = [];
    let unsigned = 0;
    for (let at = 0; at < samples; at++) {
      const tookMs = await sample(cluster, operators, trouble);
      if (tookMs === null) unsigned += 1;
      else times.push(tookMs);
    }
    results[trouble] = { medianMs: median(times), maxMs: Math.max(...times), unsigned };
  }
}
await rm(dir, { recursive: true, force: true });
if (values.json) console.log(JSON.stringify(results, null, 2));
else {
  for (const [name, { medianMs, maxMs, unsigned }] of Object.entries(results)) {
    console.log(
      `${name.padEnd(24)} median ${medianMs.toFixed(0).padStart(5)} ms, max ${maxMs.toFixed(0).padStart(5)} ms, unsigned ${unsigned} of ${samples}`,
    );
  }
}
