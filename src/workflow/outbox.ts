/**
 * What this operator says: partial signatures and hints, batched into signed messages and published.
 *
 * Partials of many validators travel in one message per kind, slot and short window. Consensus messages are signed and
 * published one by one, in order, by consensus.ts through `say`.
 */
import { fromHex } from '../core/bytes.ts';
import { type DutyKey, dutyName } from '../core/duty/duty.ts';
import type { SignableType } from '../core/eth2/signable.ts';
import type { CommitteeId, Root, Slot } from '../core/ids.ts';
import type { Validator } from '../core/registry/committee.ts';
import { encodeHint, type HintItem } from '../core/wire/hint.ts';
import {
  encodePartials,
  encodeYs,
  type PartialMessage,
  partialTypeOf,
  partialTypes,
} from '../core/wire/partial.ts';
import { encodeSigned, encodeSsvMessage, type SignedMessage, type SsvMessage } from '../core/wire/signed.ts';
import type { Address } from './address.ts';
import { createBatch } from './batch.ts';
import type { Clock, Gossip, OperatorKeys } from './ports.ts';
import type { Report } from './report.ts';

/** In one message at most: 72 KB, and 48 KB of their y, well below the limit of a message. */
export const partialsPerMessage = 500;
/** The first go at once, what follows several of them closely waits for more. */
const window = { delayMs: 0, countMax: partialsPerMessage, burstFrom: 4, burstDelayMsMax: 40 };
/** Several that are ready wait for those that are being signed. ms */
const holdMs = 100;

/** Queues are kept for the bursts of a few slots; one that is still full when it goes is flushed. */
const queuesMax = 256;

const keepNewest = (queues: Map<string, { flush(): void }>): void => {
  const [oldest] = queues;
  if (queues.size < queuesMax || oldest === undefined) return;
  oldest[1].flush();
  queues.delete(oldest[0]);
};

export interface Outbox {
  /** We are about to sign. What is returned is to be called when that is over, however it went, after `sendPartial`. */
  expectPartial(): () => void;
  /** Queues our partial. `attempt` > 0 marks one that is sent again for an operator that missed it. */
  sendPartial(
    kind: SignableType,
    slot: Slot,
    validator: Validator,
    root: Root,
    signature: Uint8Array,
    attempt: number,
  ): void;
  /** Tells the committee what our client asks for: a value for a duty, or a registration. */
  sendHint(committee: CommitteeId, duty: DutyKey | 'registration', slot: Slot, item: HintItem): void;
  /** Signs and publishes one message; returns it as it was sent. */
  say(committee: CommitteeId, message: SsvMessage, fullData: Uint8Array): Promise<SignedMessage>;
}

interface QueuedPartial {
  readonly validator: Validator;
  readonly message: PartialMessage;
}

export interface OutboxPorts {
  readonly clock: Clock;
  readonly gossip: Gossip;
  readonly keys: OperatorKeys;
  readonly address: Address;
  readonly report: Report;
}

export const createOutbox = ({ clock, gossip, keys, address, report }: OutboxPorts): Outbox => {
  const fault = (where: string) => (cause: unknown) => report({ type: 'fault', where, why: String(cause) });

  const say = async (
    committee: CommitteeId,
    message: SsvMessage,
    fullData: Uint8Array,
  ): Promise<SignedMessage> => {
    const signature = await keys.sign(encodeSsvMessage(message));
    const signed: SignedMessage = { signatures: [signature], operators: [keys.self], message, fullData };
    gossip.publish(committee, encodeSigned(signed));
    return signed;
  };

  const partialQueues = new Map<string, ReturnType<typeof createBatch<QueuedPartial>>>();
  let expected = 0;
  const partialWindow = { ...window, hold: { isOn: () => expected > 0, maxMs: holdMs } };
  const hintQueues = new Map<string, ReturnType<typeof createBatch<HintItem>>>();

  const publishPartials = (
    committee: CommitteeId,
    kind: SignableType,
    slot: Slot,
    attempt: number,
    items: readonly QueuedPartial[],
  ): void => {
    const messages = items.map((item) => item.message);
    const data = encodePartials({ type: partialTypes[partialTypeOf(kind)], slot, messages });
    const message: SsvMessage = {
      type: 'partial-signature',
      id: address.partialId(committee, kind, attempt),
      data,
    };
    report({ type: 'partials-sent', kind, slot, count: messages.length });
    say(committee, message, encodeYs(messages)).catch(fault('sign and publish partial signatures'));
  };

  return {
    say,
    expectPartial: () => {
      expected += 1;
      return () => {
        expected -= 1;
        if (expected === 0) for (const queue of partialQueues.values()) queue.release();
      };
    },
    sendPartial: (kind, slot, validator, root, signature, attempt) => {
      const name = `${validator.committee}/${kind}/${slot}/${attempt}`;
      let queue = partialQueues.get(name);
      if (queue === undefined) {
        queue = createBatch<QueuedPartial>(clock, partialWindow, (items) => {
          publishPartials(validator.committee, kind, slot, attempt, items);
        });
        keepNewest(partialQueues);
        partialQueues.set(name, queue);
      }
      queue.add({
        validator,
        message: {
          signature,
          signingRoot: fromHex(root, 32),
          signer: keys.self,
          validatorIndex: validator.number,
        },
      });
    },
    sendHint: (committee, duty, slot, item) => {
      const id = duty === 'registration' ? address.partialId(committee, duty, 0) : address.dutyId(duty);
      const name = `${committee}/${slot}/${duty === 'registration' ? duty : dutyName(duty)}`;
      let queue = hintQueues.get(name);
      if (queue === undefined) {
        queue = createBatch<HintItem>(clock, window, (items) => {
          const message: SsvMessage = { type: 'hint', id, data: encodeHint({ slot, items }) };
          say(committee, message, new Uint8Array(0)).catch(fault('sign and publish a hint'));
        });
        keepNewest(hintQueues);
        hintQueues.set(name, queue);
      }
      queue.add(item);
    },
  };
};
