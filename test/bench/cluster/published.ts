/**
 * Messages of the real workflow, counted where it hands them to gossip: all validators attest in one slot, all clients ask, in virtual
 * time. Deterministic for a spread of the requests; a message counts once, however many peers it goes to.
 */
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { Slot } from '../../../src/core/ids.ts';
import { createRandom } from '../../fakes/random.ts';
import { createCluster } from '../../simulation/world/cluster.ts';
import { attestationOf, requestOf } from '../../simulation/world/requests.ts';
import { Broken } from '../harness.ts';

/** `spreadMs`: how long a client takes to send all of its requests. */
export const publishedMessages = async (n: number, validators: number, spreadMs: number): Promise<number> => {
  const cluster = createCluster({ n, validators, random: createRandom(1) });
  const { clock, eth2 } = cluster;
  for (const member of cluster.members) cluster.start(member);
  const slot = (slotAt(eth2, clock.now()) + 1) as Slot;
  await clock.runUntil(slotStartMs(eth2, slot));
  let messages = 0;
  let signed = 0;
  cluster.network.onPublish(() => {
    messages += 1;
  });
  const request = requestOf(eth2, attestationOf(eth2, slot, 0));
  const askMs = slotStartMs(eth2, slot) + 4000;
  const keys = [...cluster.registry.validators.keys()];
  for (const member of cluster.members) {
    for (const [at, key] of keys.entries()) {
      clock.at(askMs + (spreadMs * at) / keys.length, () => {
        void member.workflow?.sign(key, request, new AbortController().signal).then((outcome) => {
          if (outcome.type === 'signed') signed += 1;
        });
      });
    }
  }
  await clock.runUntil(slotStartMs(eth2, (slot + 1) as Slot));
  if (signed < n * validators) throw new Broken(`${signed} of ${n * validators} signatures in virtual time`);
  return messages;
};
