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
import { epochOf } from '../core/eth2/slots.ts';
import type { OperatorId, Root, Slot, ValidatorKey } from '../core/ids.ts';
import type { Validator } from '../core/registry/committee.ts';
import type { Clock } from './ports.ts';
import { computeRoots } from './roots.ts';
import type { Shares } from './shares.ts';

type Registration = Extract<Signable, { readonly type: 'registration' }>;

const subcommittees = 4;
/** Registrations that one operator may have us sign for one validator while its partials are kept. */
const registrationsPerOperator = 8;
/** Selection proofs of one epoch that one operator may have us sign for a validator: a duty has one slot, and may move. */
const proofsPerEpoch = 4;
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
  /** False for a root of a derived kind that is not ours: nobody honest signs it. */
  isKnown(kind: ExchangedRole, slot: Slot, root: Root): boolean;
  /** `from` sent its partial of an exchanged kind: signs ours where we derive the same root. */
  answer(from: OperatorId, kind: ExchangedRole, slot: Slot, validator: Validator, root: Root): void;
  /** Our own client registers this: what peers' clients ask alike may be signed too. */
  noteOwn(validator: Validator, registration: Registration): void;
  /** A peer's client wants this registration. Returns why it is not signed (yet), or null. */
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
  const registered = new Map<ValidatorKey, Registration>();
  const early = new Map<ValidatorKey, { readonly registration: Registration; readonly slot: Slot }[]>();

  /**
   * True while this operator may have us sign one more of these. Counts of an epoch are dropped with it.
   */
  const isWithinBudget = (
    from: OperatorId,
    kind: ExchangedRole,
    slot: Slot,
    validator: Validator,
    root: Root,
  ): boolean => {
    // A member of the sync committee proves itself in every slot, for each subcommittee in which it has a seat.
    if (kind !== 'selection-proof') return true;
    const name = `${from}/${validator.key}/${epochOf(network, slot)}`;
    const asked = proofs.get(name) ?? new Set<Root>();
    if (asked.size === 0) {
      proofs.set(name, asked);
      clock.at(exchangeEndMs(network, kind, (slot + network.slotsPerEpoch) as Slot), () =>
        proofs.delete(name),
      );
    }
    if (!asked.has(root) && asked.size >= proofsPerEpoch) return false;
    asked.add(root);
    return true;
  };
  const proofs = new Map<string, Set<Root>>();

  const sign = (validator: Validator, registration: Registration, slot: Slot): string | null => {
    const roots = computeRoots(network, registration);
    if (roots === null) return 'not a registration';
    void shares.sign(validator, registration, roots, slot, exchangeEndMs(network, 'registration', slot));
    return null;
  };

  /**
   * Where the cluster file leaves the fee recipient or the gas limit open, our own client's choice counts: a peer alone cannot
   * redirect a validator's rewards.
   */
  const isOurChoice = (validator: Validator, registration: Registration): boolean => {
    const own = registered.get(validator.key);
    const { feeRecipient, gasLimit } = validator.policy;
    return (
      (feeRecipient !== null || own?.feeRecipient === registration.feeRecipient) &&
      (gasLimit !== null || own?.gasLimit === registration.gasLimit)
    );
  };

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
    isKnown: (kind, slot, root) =>
      isDerived(kind) ? derive(kind, slot).some(({ roots }) => roots.signingRoot === root) : true,
    answer: (from, kind, slot, validator, root) => {
      const match = derive(kind, slot).find(({ roots }) => roots.signingRoot === root);
      if (match === undefined || !isWithinBudget(from, kind, slot, validator, root)) return;
      void shares.sign(validator, match.signable, match.roots, slot, exchangeEndMs(network, kind, slot));
    },
    noteOwn: (validator, registration) => {
      registered.set(validator.key, registration);
      const waiting = early.get(validator.key) ?? [];
      early.delete(validator.key);
      for (const one of waiting)
        if (isOurChoice(validator, one.registration)) sign(validator, one.registration, one.slot);
    },
    answerRegistration: (from, slot, validator, payload) => {
      const registration = parseRegistration(payload);
      if (registration === null) return 'not a registration';
      const policy = judgePolicy(network, validator.key, validator.policy, registration, clock.now());
      if (policy.type === 'refused') return policy.why;
      const name = `${from}/${validator.key}`;
      const count = counts.get(name) ?? 0;
      if (count >= registrationsPerOperator) return 'too many registrations of one validator';
      if (count === 0) {
        clock.at(exchangeEndMs(network, 'registration', slot), () => {
          counts.delete(name);
          early.delete(validator.key);
        });
      }
      counts.set(name, count + 1);
      if (isOurChoice(validator, registration)) return sign(validator, registration, slot);
      const waiting = early.get(validator.key) ?? [];
      if (waiting.length >= registrationsPerOperator * validator.shares.size)
        return 'too many registrations wait for our own client';
      waiting.push({ registration, slot });
      early.set(validator.key, waiting);
      return null;
    },
  };
};

const isDerived = (kind: ExchangedRole): boolean =>
  kind === 'randao' || kind === 'selection-proof' || kind === 'sync-selection-proof';
