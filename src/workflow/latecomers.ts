/**
 * Operators that missed the decision of a duty: they still change rounds, or hint at what their client asked. They are sent
 * the certificate, a few times at most, and all of them hear it.
 *
 * It travels in a hint of ours with a number of its own: gossip drops a second message of the same bytes, and the certificate
 * alone would be such a one.
 */
import type { DutyKey } from '../core/duty/duty.ts';
import type { OperatorId } from '../core/ids.ts';
import { encodeSigned, type SignedMessage } from '../core/wire/signed.ts';
import type { Outbox } from './outbox.ts';
import type { Clock } from './ports.ts';

/** A certificate is published at most this often. ms */
const everyMs = 250;
/** And this often for one operator: a message may get lost. */
const timesMax = 3;

export const createLatecomers = (clock: Clock, outbox: Outbox, duty: DutyKey) => {
  const told = new Map<OperatorId, number>();
  let sent = 0;
  let sentMs = Number.NEGATIVE_INFINITY;
  return {
    tell: (to: OperatorId, certificate: SignedMessage): void => {
      const count = told.get(to) ?? 0;
      if (count >= timesMax || clock.now() < sentMs + everyMs) return;
      sentMs = clock.now();
      told.set(to, count + 1);
      sent += 1;
      const payload = encodeSigned(certificate);
      outbox.sendHint(duty.committee, duty, duty.slot, { number: sent, payload });
    },
  };
};
