/**
 * Partial signatures that do not come are asked for again, by sending ours once more: messages get lost, with a connection that
 * breaks or a queue that overflows.
 *
 * Not in a burst as long as they keep coming: there a signature takes its time because there are many, and to ask for those that
 * are on their way would double what everyone has to send, sign and read just when they have most to do.
 */
import type { SignableType } from '../core/eth2/signable.ts';
import type { Root, Slot } from '../core/ids.ts';
import type { Validator } from '../core/registry/committee.ts';
import type { Partials } from './partials.ts';
import type { Clock } from './ports.ts';
import type { Shares } from './shares.ts';

/** A signature that is not there after the first is looked at, and again and again after the second. ms */
const firstLookMs = 400;
const nextLookMs = 800;
/** How often the others are asked. */
const timesMax = 2;
/**
 * From then on they are asked also where partials still come: who sends slowly must not keep us from asking. ms
 * Clients wait 2.5 s for what is decided, of which consensus has had its part: there must be time for an answer.
 */
const patienceMs = 1_000;

export interface RemindersPorts {
  readonly clock: Clock;
  readonly partials: Pick<Partials, 'outlook'>;
  readonly shares: Pick<Shares, 'remind'>;
}

/** Watches over one signature that a client waits for, from now on; returns what ends that. */
export const watchOver = (
  { clock, partials, shares }: RemindersPorts,
  validator: Validator,
  kind: SignableType,
  slot: Slot,
  root: Root,
): (() => void) => {
  const startedMs = clock.now();
  let asked = 0;
  const look = (): void => {
    const outlook = partials.outlook(kind, slot, validator, root);
    const isPatient = outlook === 'coming' && clock.now() < startedMs + patienceMs;
    if (outlook !== 'enough' && !isPatient) {
      asked += 1;
      shares.remind(validator, kind, slot, root, asked);
    }
    if (asked < timesMax) cancel = clock.at(clock.now() + nextLookMs, look);
  };
  let cancel = clock.at(startedMs + firstLookMs, look);
  return () => cancel();
};
