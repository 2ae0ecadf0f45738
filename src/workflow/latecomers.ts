/**
 * Operators that missed the decision of a duty: they still change rounds, or hint at what their client asked. They are sent
 * the certificate, each once, and all of them hear it.
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

export const createLatecomers = (clock: Clock, outbox: Outbox, duty: DutyKey) => {
  const told = new Set<OperatorId>();
  let sentMs = Number.NEGATIVE_INFINITY;
  return {
    tell: (to: OperatorId, certificate: SignedMessage): void => {
      if (told.has(to) || clock.now() < sentMs + everyMs) return;
      sentMs = clock.now();
      told.add(to);
      const payload = encodeSigned(certificate);
      outbox.sendHint(duty.committee, duty, duty.slot, { number: told.size, payload });
    },
  };
};
