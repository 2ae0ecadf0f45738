/**
 * A validator client of real nodes: it asks one operator to sign, and knows what slot it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoCluster } from '../../src/cli/demo/cluster.ts';
import type { Network } from '../../src/core/eth2/network.ts';
import { renderWeb3Signer } from '../../src/core/eth2/render.ts';
import type { Signable } from '../../src/core/eth2/signable.ts';
import { rootsOf } from '../../src/core/eth2/signing-root.ts';
import { slotAt, slotStartMs } from '../../src/core/eth2/slots.ts';
import type { Slot } from '../../src/core/ids.ts';

/** Longer than any node takes to answer. ms */
const answerMs = 15_000;

/** For the cluster's first validator. Throws where the node is gone. */
export const request = (cluster: DemoCluster, operator: number, signable: Signable): Promise<Response> => {
  const { network, validators } = cluster;
  const url = `http://127.0.0.1:${cluster.httpPortOf(operator)}/api/v1/eth2/sign/${validators[0]}`;
  return fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(renderWeb3Signer(network, signable, rootsOf(network, signable))),
    signal: AbortSignal.timeout(answerMs),
  });
};

/** `signed`, or the status and why not. */
export const answerOf = async (
  cluster: DemoCluster,
  operator: number,
  signable: Signable,
): Promise<string> => {
  const response = await request(cluster, operator, signable);
  return response.ok ? 'signed' : `${response.status} ${await response.text()}`;
};

export const currentSlot = (network: Network): Slot => slotAt(network, Date.now());

/** Resolves in that slot or later, never before: a timer may fire a millisecond early. */
export const untilSlot = async (network: Network, slot: number): Promise<void> => {
  while (currentSlot(network) < slot)
    await sleep(Math.max(1, slotStartMs(network, slot as Slot) - Date.now()));
};

/** Asks all of them at once, again where nobody got an answer in time; throws unless one of them has a signature in the end. */
export const signTogether = async (
  cluster: DemoCluster,
  operators: readonly number[],
  signable: Signable,
): Promise<void> => {
  const answers: string[] = [];
  while (!answers.includes('signed')) {
    if (answers.length >= 3 * operators.length) throw new Error(`not signed: ${answers.join('; ')}`);
    answers.push(...(await Promise.all(operators.map((id) => answerOf(cluster, id, signable)))));
  }
};

/** The same for a block of the next slot, or, where a busy machine let that pass, of one soon after. */
export const signSomeBlock = async (
  cluster: DemoCluster,
  operators: readonly number[],
  blockOf: (slot: Slot) => Signable,
): Promise<Signable> => {
  for (let left = 5; ; left--) {
    const slot = (currentSlot(cluster.network) + 1) as Slot;
    await untilSlot(cluster.network, slot);
    const block = blockOf(slot);
    try {
      await signTogether(cluster, operators, block);
      return block;
    } catch (cause) {
      if (left === 0) throw cause;
    }
  }
};
