/**
 * What a bad leader costs, in virtual time: the attestation of a slot whose leader is healthy, killed, has a silent client, or
 * is cut off with its connections open. `npm run latency` prints the table; the tests hold its bounds.
 */
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot, ValidatorKey } from '../../src/core/ids.ts';
import { leaderOf } from '../../src/core/qbft/quorum.ts';
import { createRandom } from '../fakes/random.ts';
import { createCluster } from './world/cluster.ts';
import { attestationOf, requestOf } from './world/requests.ts';

export const troubles = ['healthy', 'leader killed', "leader's client silent", 'leader cut off'] as const;
export type Trouble = (typeof troubles)[number];
export const committeeSizes = [4, 7, 10, 13] as const;

/** One way, between any two operators. ms */
export const linkMs = 5;

/** From the first request to the last answer of the clients that ask, in ms; null where one of them got no signature. */
export const measure = async (n: number, trouble: Trouble): Promise<number | null> => {
  const cluster = createCluster({ n, validators: 1, random: createRandom(1) });
  cluster.network.setWeather({ delayMs: linkMs, jitterMs: 0, loss: 0, duplicate: 0 });
  for (const member of cluster.members) cluster.start(member);
  const slot = (slotAt(cluster.eth2, cluster.clock.now()) + 1) as Slot;
  const startMs = slotStartMs(cluster.eth2, slot);
  const ids = cluster.members.map(({ id }) => id);
  const leader = leaderOf(ids, slot, 1);
  await cluster.clock.runUntil(startMs);
  const [leading] = cluster.members.filter(({ id }) => id === leader);
  if (trouble === 'leader killed' && leading !== undefined) cluster.crash(leading);
  if (trouble === 'leader cut off') cluster.network.partition([[leader], ids.filter((id) => id !== leader)]);
  const [key] = cluster.registry.validators.keys();
  const request = requestOf(cluster.eth2, attestationOf(cluster.eth2, slot, 0));
  const asking = cluster.members.filter(({ id }) => trouble === 'healthy' || id !== leader);
  const answeredMs: number[] = [];
  const askMs = startMs + 4000;
  for (const member of asking) {
    cluster.clock.at(askMs, () => {
      void member.workflow
        ?.sign(key as ValidatorKey, request, new AbortController().signal)
        .then((outcome) => outcome.type === 'signed' && answeredMs.push(cluster.clock.now() - askMs));
    });
  }
  await cluster.clock.runUntil(startMs + 11_000);
  return answeredMs.length === asking.length ? Math.round(Math.max(...answeredMs)) : null;
};

if (import.meta.main) {
  console.log(
    `virtual ms from request to signature, ${linkMs} ms between operators, signer 1 ms, cryptography free`,
  );
  console.log(`${''.padEnd(24)}${committeeSizes.map((n) => `n = ${n}`.padStart(9)).join('')}`);
  for (const trouble of troubles) {
    const row = await Promise.all(committeeSizes.map((n) => measure(n, trouble)));
    console.log(
      `${trouble.padEnd(24)}${row.map((ms) => (ms === null ? 'none' : `${ms}`).padStart(9)).join('')}`,
    );
  }
}
