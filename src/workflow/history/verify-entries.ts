/**
 * Entries that a stranger sent, down to what is true in them: certificates that a quorum signed, claims that verify.
 *
 * A bad certificate, or a validator's own signature that is none, condemns the sender: it need not have passed either on. A
 * partial signature that does not verify may be a third operator's lie, which an honest sender kept unverified: it is left out.
 */

import type { Network } from '../../core/eth2/network.ts';
import { slotAt } from '../../core/eth2/slots.ts';
import { type Entry, type Proof, wholeCluster } from '../../core/history/entry.ts';
import { type ClaimCheck, checksOf, judgeEntry } from '../../core/history/fold.ts';
import type { Registry } from '../../core/registry/committee.ts';
import type { PartialCheck } from '../../core/threshold/job.ts';
import type { Clock, Combiner, OperatorKeys } from '../ports.ts';

export interface VerifyPorts {
  readonly network: Network;
  readonly domain: Uint8Array;
  readonly registry: Registry;
  readonly clock: Pick<Clock, 'now'>;
  readonly keys: Pick<OperatorKeys, 'verify'>;
  readonly combiner: Pick<Combiner, 'verifyPartials'>;
}

export type Verified =
  | { readonly type: 'good'; readonly entries: readonly Entry[] }
  | { readonly type: 'lie'; readonly why: string };

/** RSA verifications in a row before others get a turn: about 2 ms. */
const certificatesPerTurn = 16;

/** Signatures verified in one go: about 30 ms of the thread that combines those of duties. */
const claimsPerTurn = 32;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const verifyEntries = async (ports: VerifyPorts, entries: readonly Entry[]): Promise<Verified> => {
  const { network, domain, registry, clock, keys, combiner } = ports;
  for (const [at, entry] of entries.entries()) {
    if (at % certificatesPerTurn === certificatesPerTurn - 1) await nextTurn();
    const { role, slot } = entry.certificate.duty;
    const isAhead = slot > slotAt(network, clock.now()) + 1;
    const why = isAhead
      ? 'of a slot that has not come'
      : judgeEntry(network, domain, registry, entry, keys.verify);
    if (why !== null) return { type: 'lie', why: `a certificate (${role} of slot ${slot}) ${why}` };
  }
  const checks = entries.map((entry) => checksOf(network, registry, entry));
  const verdicts = await verifyInTurns(
    combiner,
    checks.flat().map(({ check }) => check),
  );
  let at = 0;
  const good: Entry[] = [];
  for (const [number, entry] of entries.entries()) {
    const mine = checks[number] ?? [];
    const held = mine.filter((_, offset) => verdicts[at + offset] === true);
    at += mine.length;
    const false_ = mine.find((one) => one.claim.by === wholeCluster && !held.includes(one));
    if (false_ !== undefined)
      return { type: 'lie', why: `a signature of ${false_.proof.validator} does not verify` };
    good.push({ certificate: entry.certificate, proofs: proofsFrom(held) });
  }
  return { type: 'good', entries: good };
};

const verifyInTurns = async (
  combiner: VerifyPorts['combiner'],
  checks: readonly PartialCheck[],
): Promise<readonly boolean[]> => {
  const verdicts: boolean[] = [];
  for (let at = 0; at < checks.length; at += claimsPerTurn)
    verdicts.push(...(await combiner.verifyPartials(checks.slice(at, at + claimsPerTurn))));
  return verdicts;
};

const proofsFrom = (held: readonly ClaimCheck[]): readonly Proof[] => {
  const proofs = new Map<Proof, Proof>();
  for (const { proof, claim } of held) {
    const known = proofs.get(proof);
    proofs.set(proof, { ...proof, claims: [...(known?.claims ?? []), claim] });
  }
  return [...proofs.values()];
};
