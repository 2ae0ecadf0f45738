/**
 * Roots that need no agreement: every operator derives the same one from the slot (randao, selection proofs), or is told the
 * content and judges it by its own policy (registrations). The first client that asks makes all operators sign; the other
 * clients, which ask one proof after another, are then answered from what already ran.
 *
 * Exits and deposits are signed for our own client only: nothing here answers a peer that wants one.
 */
import { concatBytes, fromHex, toHex } from '../core/bytes.ts';
import type { ExchangedRole } from '../core/duty/duty.ts';
import { judgePolicy } from '../core/duty/policy.ts';
import { exchangeEndMs, randaoEpochOf } from '../core/duty/window.ts';
import type { Network } from '../core/eth2/network.ts';
import type { Signable, SigningRoots } from '../core/eth2/signable.ts';
import type { OperatorId, Root, Slot, ValidatorKey } from '../core/ids.ts';
import type { Validator } from '../core/registry/committee.ts';
import type { Clock } from './ports.ts';
import { computeRoots } from './roots.ts';
import type { Shares } from './shares.ts';

type Registration = Extract<Signable, { readonly type: 'registration' }>;

const subcommittees = 4;
/** Registrations that one operator may have us sign for one validator while its partials are kept. */
const registrationsPerOperator = 8;
/** Slots whose derived roots are kept: two epochs ahead of the three kinds, and some. */
const derivedMax = 1024;

/** ValidatorRegistrationV1 in SSZ, 84 bytes. */
export const registrationPayload = (registration: Registration): Uint8Array => {
  const numbers = new Uint8Array(16);
  const view = new DataView(numbers.buffer);
  view.setBigUint64(0, registration.gasLimit, true);
  view.setBigUint64(8, BigInt(registration.timestamp), true);
  return concatBytes(fromHex(registration.feeRecipient, 20), numbers, fromHex(registration.validator, 48));
};

/** null where it is not of that shape or the time is beyond any clock. */
export const parseRegistration = (payload: Uint8Array): Registration | null => {
  if (payload.length !== 84) return null;
  const view = new DataView(payload.buffer, payload.byteOffset);
  const timestamp = view.getBigUint64(28, true);
  if (timestamp > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return {
    type: 'registration',
    feeRecipient: toHex(payload.subarray(0, 20)),
    gasLimit: view.getBigUint64(20, true),
    timestamp: Number(timestamp),
    validator: toHex(payload.subarray(36)) as ValidatorKey,
  };
};

export interface Exchange {
  /** A peer's partial of an exchanged kind came in: signs ours where we derive the same root. */
  answer(kind: ExchangedRole, slot: Slot, validator: Validator, root: Root): void;
  /** A peer's client wants this registration. Returns why it is not signed, or null. */
  answerRegistration(from: OperatorId, slot: Slot, validator: Validator, payload: Uint8Array): string | null;
}

export interface ExchangePorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly shares: Shares;
}

interface Derived {
  readonly signable: Signable;
  readonly roots: SigningRoots;
}

export const createExchange = ({ network, clock, shares }: ExchangePorts): Exchange => {
  const derived = new Map<string, readonly Derived[]>();
  const counts = new Map<string, number>();

  const signablesOf = (kind: ExchangedRole, slot: Slot): readonly Signable[] => {
    switch (kind) {
      case 'randao':
        return [{ type: 'randao', epoch: randaoEpochOf(network, slot) }];
      case 'selection-proof':
        return [{ type: 'selection-proof', slot }];
      case 'sync-selection-proof':
        return Array.from({ length: subcommittees }, (_, subcommittee) => ({
          type: 'sync-selection-proof',
          slot,
          subcommittee,
        }));
      case 'registration':
      case 'exit':
      case 'deposit':
        return [];
    }
  };
  const derive = (kind: ExchangedRole, slot: Slot): readonly Derived[] => {
    const name = `${kind}/${slot}`;
    let known = derived.get(name);
    if (known === undefined) {
      known = signablesOf(kind, slot).flatMap((signable) => {
        const roots = computeRoots(network, signable);
        return roots === null ? [] : [{ signable, roots }];
      });
      const [oldest] = derived.keys();
      if (derived.size >= derivedMax && oldest !== undefined) derived.delete(oldest);
      derived.set(name, known);
    }
    return known;
  };

  return {
    answer: (kind, slot, validator, root) => {
      const match = derive(kind, slot).find(({ roots }) => roots.signingRoot === root);
      if (match === undefined) return;
      void shares.sign(validator, match.signable, match.roots, slot, exchangeEndMs(network, kind, slot));
    },
    answerRegistration: (from, slot, validator, payload) => {
      const registration = parseRegistration(payload);
      if (registration === null) return 'not a registration';
      const policy = judgePolicy(network, validator.key, validator.policy, registration, clock.now());
      if (policy.type === 'refused') return policy.why;
      const name = `${from}/${validator.key}`;
      const count = counts.get(name) ?? 0;
      if (count >= registrationsPerOperator) return 'too many registrations of one validator';
      const roots = computeRoots(network, registration);
      if (roots === null) return 'not a registration';
      const endMs = exchangeEndMs(network, 'registration', slot);
      if (count === 0) clock.at(endMs, () => counts.delete(name));
      counts.set(name, count + 1);
      void shares.sign(validator, registration, roots, slot, endMs);
      return null;
    },
  };
};
