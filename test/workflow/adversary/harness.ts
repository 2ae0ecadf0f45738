/**
 * One real workflow alone: raw messages of the others go in, everything it publishes, signs and reports comes out.
 *
 * The others are letters that a test writes in their names: what up to f of them may say is the test's to choose.
 */
import assert from 'node:assert/strict';
import { digest } from '@chainsafe/as-sha256';
import { fromHex } from '../../../src/core/bytes.ts';
import type { DecidedRole, DutyKey } from '../../../src/core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../../../src/core/duty/value.ts';
import type { Signable, SignableType } from '../../../src/core/eth2/signable.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId, Root, ShareKey, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import type { Committee, Registry, Validator } from '../../../src/core/registry/committee.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import { encodeHint, type HintItem } from '../../../src/core/wire/hint.ts';
import { domainOf } from '../../../src/core/wire/message-id.ts';
import { encodePartials, partialTypeOf, partialTypes } from '../../../src/core/wire/partial.ts';
import { encodeQbftMessage, type QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import {
  decodeSigned,
  encodeSigned,
  encodeSsvMessage,
  type SignedMessage,
  type SsvMessage,
} from '../../../src/core/wire/signed.ts';
import { createAddress } from '../../../src/workflow/address.ts';
import type { SignOutcome } from '../../../src/workflow/outcome.ts';
import type {
  Combiner,
  OperatorKeys,
  SlashingProtection,
  Verdict,
  VoteJournal,
} from '../../../src/workflow/ports.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import { createWorkflow, type Workflow } from '../../../src/workflow/workflow.ts';
import { createVirtualClock, type VirtualClock } from '../../fakes/clock.ts';
import { createFakeJournal } from '../../fakes/journal.ts';
import {
  createFakeKeys,
  createFakeSigner,
  type FakeSigner,
  fakeCombiner,
  operatorSignature,
  partialSignature,
} from '../../fakes/signing.ts';
import { createModelSlashing } from '../../fakes/slashing.ts';
import { createRegistry, simNetworkOf } from '../../simulation/world/cluster.ts';
import { attestationOf, requestOf } from '../../simulation/world/requests.ts';

export const eth2 = simNetworkOf(true);
const domain = domainOf(eth2.genesisValidatorsRoot, eth2.genesisForkVersion);
const none: Uint8Array = new Uint8Array(0);
/** The slot in which every scene begins. */
export const firstSlot = 800 as Slot;

export const operator = (id: number): OperatorId => id as OperatorId;
export const committeeOf = (registry: Registry): Committee => {
  const [committee] = registry.committees.values();
  assert.ok(committee !== undefined);
  return committee;
};
export const validatorOf = (registry: Registry, at = 0): Validator => {
  const validator = [...registry.validators.values()][at];
  assert.ok(validator !== undefined);
  return validator;
};
/** The slot's duty of this role: of the committee, or of a validator where one is given. */
export const dutyOf = (
  registry: Registry,
  role: DecidedRole,
  slot: Slot,
  validator: ValidatorKey | null = null,
  subcommittee = 0,
): DutyKey => ({ committee: committeeOf(registry).id, role, slot, validator, subcommittee });

/** What the clients of this view ask the committee to vote for. */
export const voteOf = (slot: Slot, view: number): Uint8Array =>
  proposedValue(attestationOf(eth2, slot, view) as DecidedSignable);
export const voteRootOf = (slot: Slot, view: number): Root =>
  requestOf(eth2, attestationOf(eth2, slot, view)).roots.signingRoot;

/** Of four operators: who leads rounds 1 and 2 of the first slot, and the others. The leader is the liar of most scenes. */
export const cast = (() => {
  const ids = [1, 2, 3, 4].map(operator);
  const leader = leaderOf(ids, firstSlot, 1);
  const next = leaderOf(ids, firstSlot, 2);
  const [first, second] = ids.filter((id) => id !== leader && id !== next);
  assert.ok(leader !== next && first !== undefined && second !== undefined);
  return { leader, next, first, second, honest: ids.filter((id) => id !== leader) };
})();

/** An envelope whose signatures are those of the named operators. */
export const sealed = (
  from: readonly OperatorId[],
  message: SsvMessage,
  fullData: Uint8Array = none,
): SignedMessage => ({
  signatures: from.map((id) => operatorSignature(id, encodeSsvMessage(message))),
  operators: from,
  message,
  fullData,
});

interface PartialItem {
  readonly validator: Validator;
  readonly root: Root;
  readonly signature?: Uint8Array;
}

/** What operators write in this committee, true or not. */
export const lettersOf = (registry: Registry) => {
  const address = createAddress(domain, registry);
  return {
    consensus: (
      duty: DutyKey,
      from: readonly OperatorId[],
      change: Partial<QbftMessage>,
      fullData: Uint8Array = none,
    ): SignedMessage => {
      const id = address.dutyId(duty);
      const data = encodeQbftMessage({
        type: 'prepare',
        height: duty.slot,
        round: 1,
        identifier: id,
        root: new Uint8Array(32),
        dataRound: 0,
        roundChangeJustification: [],
        prepareJustification: [],
        ...change,
      });
      return sealed(from, { type: 'consensus', id, data }, fullData);
    },
    hint: (duty: DutyKey, from: OperatorId, payload: Uint8Array, number = 0): SignedMessage =>
      sealed([from], {
        type: 'hint',
        id: address.dutyId(duty),
        data: encodeHint({ slot: duty.slot, items: [{ number, payload }] }),
      }),
    registrations: (slot: Slot, from: OperatorId, items: readonly HintItem[]): SignedMessage =>
      sealed([from], {
        type: 'hint',
        id: address.partialId(committeeOf(registry).id, 'registration', 0),
        data: encodeHint({ slot, items }),
      }),
    /** `attempt` > 0 asks for the others' partials again. */
    partials: (
      kind: SignableType,
      slot: Slot,
      from: OperatorId,
      items: readonly PartialItem[],
      attempt = 0,
    ): SignedMessage =>
      sealed([from], {
        type: 'partial-signature',
        id: address.partialId(committeeOf(registry).id, kind, attempt),
        data: encodePartials({
          type: partialTypes[partialTypeOf(kind)],
          slot,
          messages: items.map(({ validator, root, signature }) => ({
            signature: signature ?? partialSignature(validator.shares.get(from) as ShareKey, root),
            signingRoot: fromHex(root),
            signer: from,
            validatorIndex: validator.number,
          })),
        }),
      }),
  };
};

/** The leader's proposal of the view's vote. */
export const proposalOf = (registry: Registry, duty: DutyKey, view: number): SignedMessage => {
  const value = voteOf(duty.slot, view);
  return lettersOf(registry).consensus(duty, [cast.leader], { type: 'proposal', root: digest(value) }, value);
};

export interface Answer {
  outcome: SignOutcome | null;
}

export interface SingleNode {
  readonly registry: Registry;
  readonly clock: VirtualClock;
  readonly workflow: Workflow;
  readonly signer: FakeSigner;
  readonly trace: ReportEvent[];
  /** Everything it published, in order. */
  published(): readonly SignedMessage[];
  receive(message: SignedMessage): Verdict;
  /** Its client asks, now. */
  ask(signable: Signable, validator?: number): Answer;
  /** Runs to this moment of the slot. */
  runTo(slot: Slot, offsetMs: number): Promise<void>;
}

export interface SingleOptions {
  readonly validators?: number;
  readonly registry?: Registry;
  readonly journal?: VoteJournal;
  readonly combiner?: Combiner;
  readonly keys?: OperatorKeys;
  readonly slashing?: SlashingProtection;
}

export const createSingle = (self: OperatorId, options: SingleOptions = {}): SingleNode => {
  const registry = options.registry ?? createRegistry(4, options.validators ?? 1);
  const clock = createVirtualClock(slotStartMs(eth2, firstSlot));
  assert.equal(slotAt(eth2, clock.now()), firstSlot);
  const published: SignedMessage[] = [];
  const trace: ReportEvent[] = [];
  let handle: ((message: Uint8Array) => Verdict) | null = null;
  const shares = [...registry.validators.values()].flatMap((validator) => validator.shares.get(self) ?? []);
  const signer = createFakeSigner(shares, () => new Promise((done) => clock.at(clock.now() + 1, done)));
  const workflow = createWorkflow({
    network: eth2,
    registry,
    strictness: 'strict',
    timeoutMs: () => 9000,
    clock,
    gossip: {
      publish: (_, bytes) => {
        const message = decodeSigned(bytes);
        assert.ok(!isWireError(message), 'it published what nobody can read');
        published.push(message);
      },
      listen: (next) => {
        handle = next;
      },
    },
    peers: { isConnected: () => true, connectedSinceMs: () => 0, onLost: () => {} },
    keys: options.keys ?? createFakeKeys(self),
    signer,
    slashing: options.slashing ?? createModelSlashing(),
    journal: options.journal ?? createFakeJournal().open(),
    combiner: options.combiner ?? fakeCombiner,
    report: (event) => trace.push(event),
  });
  return {
    registry,
    clock,
    workflow,
    signer,
    trace,
    published: () => published,
    receive: (message) => {
      assert.ok(handle !== null);
      return handle(encodeSigned(message));
    },
    ask: (signable, validator = 0) => {
      const answer: Answer = { outcome: null };
      const { key } = validatorOf(registry, validator);
      void workflow.sign(key, requestOf(eth2, signable), new AbortController().signal).then((outcome) => {
        answer.outcome = outcome;
      });
      return answer;
    },
    runTo: (slot, offsetMs) => clock.runUntil(slotStartMs(eth2, slot) + offsetMs),
  };
};

/** A node with the committee's attestation duty of the first slot, ten milliseconds into it. */
export const createVoter = async (
  self: OperatorId,
  { asks = false, ...options }: SingleOptions & { readonly asks?: boolean } = {},
): Promise<SingleNode> => {
  const node = createSingle(self, options);
  if (asks) node.ask(attestationOf(eth2, firstSlot, 0));
  await node.runTo(firstSlot, 10);
  return node;
};
