/**
 * A burst: every validator attests in one slot, asked of every operator as clients do (keep-alive, up to 100 connections, one
 * POST each). `node test/bench/burst.ts [--operators 4] [--validators 1000] [--slots 5] [--json]`.
 *
 * Wall time is from the first request to the last answer of all operators. CPU time is of the operators' processes alone.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { layOutCluster } from '../../src/cli/demo/cluster.ts';
import { startOperators } from '../../src/cli/demo/processes.ts';
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot } from '../../src/core/ids.ts';
import { attestationOf } from '../simulation/world/requests.ts';

const { values } = parseArgs({
  options: {
    operators: { type: 'string', default: '4' },
    validators: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const slots = Number(values.slots);

/** CPU time of a process so far, in ms (utime and stime of /proc, in ticks of 10 ms). */
const cpuMsOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
};
const memoryMbOf = async (pid: number): Promise<number> => {
  const line = (await readFile(`/proc/${pid}/status`, 'utf8'))
    .split('\n')
    .find((one) => one.startsWith('VmRSS'));
  return Number(line?.replace(/\D/g, '')) / 1024;
};
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const quantile = (numbers: readonly number[], q: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))] ??
  Number.NaN;

const dir = await mkdtemp(join(tmpdir(), 'quorate-burst-'));
const cluster = await layOutCluster(dir, {
  operators: Number(values.operators),
  validators: Number(values.validators),
});
const { network } = cluster;
const results: { wallMs: number; cpuMs: number; p50Ms: number; p99Ms: number; failed: number }[] = [];
{
  await using operators = await startOperators(cluster);
  const pools = cluster.operators.map(
    (id) => new Pool(`http://127.0.0.1:${cluster.httpPortOf(id)}`, { connections: 100 }),
  );
  const burst = async (slot: Slot) => {
    const signable = attestationOf(network, slot, 0);
    const body = JSON.stringify(renderWeb3Signer(network, signable, rootsOf(network, signable)));
    const times: number[] = [];
    let failed = 0;
    const cpuBefore = sum(await Promise.all(operators.pids().map(cpuMsOf)));
    const startedMs = performance.now();
    await Promise.all(
      pools.flatMap((pool) =>
        cluster.validators.map(async (validator) => {
          const response = await pool.request({
            method: 'POST',
            path: `/api/v1/eth2/sign/${validator}`,
            headers: { accept: 'application/json', 'content-type': 'application/json' },
            body,
          });
          await response.body.text();
          times.push(performance.now() - startedMs);
          if (response.statusCode !== 200) failed += 1;
        }),
      ),
    );
    const wallMs = performance.now() - startedMs;
    const cpuMs = sum(await Promise.all(operators.pids().map(cpuMsOf))) - cpuBefore;
    return { wallMs, cpuMs, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), failed };
  };
  for (let at = 0; at < slots + 1; at++) {
    // One vote an epoch: each burst is the first slot of one.
    const now = slotAt(network, Date.now());
    const slot = (Math.ceil((now + 1) / network.slotsPerEpoch) * network.slotsPerEpoch) as Slot;
    await sleep(slotStartMs(network, slot) - Date.now());
    const result = await burst(slot);
    // The first burst warms up.
    if (at > 0) results.push(result);
    if (!values.json)
      console.log(
        Object.entries(result)
          .map(([name, value]) => `${name} ${value.toFixed(0)}`)
          .join('  '),
      );
  }
  const memory = await Promise.all(operators.pids().map(memoryMbOf));
  console.log(`memory of each operator: ${memory.map((mb) => mb.toFixed(0)).join(', ')} MB`);
  await Promise.all(pools.map((pool) => pool.close()));
}
await rm(dir, { recursive: true, force: true });
if (values.json) console.log(JSON.stringify(results, null, 2));
