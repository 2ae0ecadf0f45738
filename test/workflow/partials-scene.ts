/**
 * Partial signatures of a cluster of four, with a virtual clock and a combiner that counts its calls, for tests.
 */
import type { SignableType } from '../../src/core/eth2/signable.ts';
import { slotStartMs } from '../../src/core/eth2/slots.ts';
import type { OperatorId, Root, ShareKey, Slot } from '../../src/core/ids.ts';
import type { Validator } from '../../src/core/registry/committee.ts';
import { createPartials } from '../../src/workflow/partials.ts';
import type { CombineJob, CombineResult } from '../../src/workflow/ports.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { fakeCombiner, partialSignature } from '../fakes/signing.ts';
import { createRegistry, simNetworkOf } from '../simulation/world/cluster.ts';

export const network = simNetworkOf(true);
export const slot = 800 as Slot;
export const endMs = slotStartMs(network, (slot + 4) as Slot);
export const root = `0x${'0a'.repeat(32)}` as Root;
/** No partial signature of anyone. */
export const bad = new Uint8Array(96);

type Combine = (jobs: readonly CombineJob[]) => Promise<readonly CombineResult[]>;

/** `combine` answers instead of the fake combiner. Calls are told by their number of jobs. */
export const setUp = (combine: Combine = fakeCombiner.combine, validators = 2) => {
  const registry = createRegistry(4, validators);
  const [validator, other] = [...registry.validators.values()] as [Validator, Validator];
  const clock = createVirtualClock(slotStartMs(network, slot));
  const events: ReportEvent[] = [];
  const calls: number[] = [];
  const partials = createPartials({
    network,
    clock,
    registry,
    recorder: { partial: () => {}, combined: () => {} },
    report: (event) => events.push(event),
    combiner: {
      ...fakeCombiner,
      combine: (jobs) => {
        calls.push(jobs.length);
        return combine(jobs);
      },
    },
  });
  const add = (
    from: number,
    change: { signature?: Uint8Array; kind?: SignableType; at?: Slot; of?: Validator } = {},
  ) => {
    const { kind = 'attestation', at = slot, of = validator } = change;
    const share = of.shares.get(from as OperatorId) as ShareKey;
    const signature = change.signature ?? partialSignature(share, root);
    return partials.add(kind, at, endMs, of, root, from as OperatorId, signature);
  };
  const want = (kind: SignableType = 'attestation', of = validator) => {
    const answer = { isSigned: false, giveUp: () => controller.abort() };
    const controller = new AbortController();
    partials.wait(kind, slot, endMs, of, root, controller.signal).then(
      () => {
        answer.isSigned = true;
      },
      () => {},
    );
    return answer;
  };
  const settle = (ms = 10) => clock.runUntil(clock.now() + ms);
  return { clock, registry, validator, other, partials, events, calls, add, want, settle };
};
