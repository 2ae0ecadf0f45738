/**
 * One operator that listens, and whatever the others can send it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { fromHex } from '../../src/core/bytes.ts';
import type { DutyKey } from '../../src/core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../../src/core/duty/value.ts';
import { slotAt } from '../../src/core/eth2/slots.ts';
import type { OperatorId, Slot } from '../../src/core/ids.ts';
import { leaderOf } from '../../src/core/qbft/quorum.ts';
import { domainOf, dutyMessageId, partialsMessageId } from '../../src/core/wire/message-id.ts';
import { encodePartials } from '../../src/core/wire/partial.ts';
import { encodeQbftMessage, type QbftMessage } from '../../src/core/wire/qbft-message.ts';
import { encodeSigned, encodeSsvMessage, type SignedMessage } from '../../src/core/wire/signed.ts';
import type { Verdict } from '../../src/workflow/ports.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';
import { createRandom } from '../fakes/random.ts';
import { operatorSignature, partialSignature } from '../fakes/signing.ts';
import { createCluster, type Member } from '../simulation/world/cluster.ts';
import { attestationOf, randaoOf, requestOf } from '../simulation/world/requests.ts';

export const none: Uint8Array = new Uint8Array(0);

/** Operator 1 listens; the others are played by the test. */
export const setUp = () => {
  const cluster = createCluster({ n: 4, validators: 2, random: createRandom(1) });
  const [listener] = cluster.members as [Member];
  cluster.start(listener);
  cluster.network.setWeather({ delayMs: 0, jitterMs: 0, loss: 0, duplicate: 0 });
  const events: ReportEvent[] = [];
  cluster.watch((_, event) => events.push(event));
  const slot = slotAt(cluster.eth2, cluster.clock.now());
  const [committee] = [...cluster.registry.committees.values()];
  const validators = [...cluster.registry.validators.values()];
  const [validator] = validators;
  if (committee === undefined || validator === undefined) throw new Error('an empty registry');
  const domain = domainOf(cluster.eth2.genesisValidatorsRoot, cluster.eth2.genesisForkVersion);
  const duty: DutyKey = {
    committee: committee.id,
    role: 'attestation',
    slot,
    validator: null,
    subcommittee: 0,
  };
  const value = proposedValue(attestationOf(cluster.eth2, slot, 0) as DecidedSignable);
  const leader = leaderOf(committee.operators, slot, 1);
  const other = committee.operators.find((id) => id !== leader && id !== 1) as OperatorId;

  const sign = (
    from: OperatorId,
    id: Uint8Array,
    type: SignedMessage['message']['type'],
    data: Uint8Array,
    fullData = none,
  ): SignedMessage => {
    const message = { type, id, data };
    return {
      signatures: [operatorSignature(from, encodeSsvMessage(message))],
      operators: [from],
      message,
      fullData,
    };
  };
  const qbft = (change: Partial<QbftMessage> = {}): QbftMessage => ({
    type: 'prepare',
    height: slot,
    round: 1,
    identifier: dutyMessageId(domain, duty),
    root: digest(value),
    dataRound: 0,
    roundChangeJustification: [],
    prepareJustification: [],
    ...change,
  });
  const consensus = (from: OperatorId, change: Partial<QbftMessage> = {}, fullData = none): SignedMessage =>
    sign(from, dutyMessageId(domain, duty), 'consensus', encodeQbftMessage(qbft(change)), fullData);
  const randao = requestOf(cluster.eth2, randaoOf(cluster.eth2, slot)).roots.signingRoot;
  const share = validator.shares.get(other);
  const partial = (change: object = {}) => ({
    signature: partialSignature(share as never, randao),
    signingRoot: fromHex(randao),
    signer: other,
    validatorIndex: validator.number,
    ...change,
  });
  const epochSlot = (slot - (slot % 8)) as Slot;
  const partials = (
    messages = [partial()],
    more: {
      type?: number;
      slot?: number;
      role?: 'block' | 'exit';
      from?: OperatorId;
      fullData?: Uint8Array;
    } = {},
  ): SignedMessage =>
    sign(
      more.from ?? other,
      partialsMessageId(domain, more.role ?? 'block', committee.id),
      'partial-signature',
      encodePartials({ type: more.type ?? 1, slot: more.slot ?? epochSlot, messages }),
      more.fullData,
    );
  let verdict: string = 'none';
  cluster.network.onVerdict((_, given) => {
    verdict = given;
  });
  const send = async (
    message: SignedMessage | Uint8Array,
  ): Promise<{ verdict: string; why: string | null }> => {
    events.length = 0;
    verdict = 'none';
    const bytes = message instanceof Uint8Array ? message : encodeSigned(message);
    cluster.network.inject(other, 1 as OperatorId, bytes);
    await cluster.clock.runUntil(cluster.clock.now() + 1);
    const refused = events.find((event) => event.type === 'message-refused');
    return { verdict, why: refused?.why ?? null };
  };
  return {
    cluster,
    listener,
    slot,
    epochSlot,
    committee,
    validator,
    validators,
    domain,
    duty,
    value,
    leader,
    other,
    sign,
    consensus,
    partial,
    partials,
    send,
    randao,
    events,
  };
};
export type Scene = ReturnType<typeof setUp>;

export const corrupt = (signed: SignedMessage): SignedMessage => {
  const signature = (signed.signatures[0] as Uint8Array).slice();
  signature[9] = (signature[9] ?? 0) ^ 1;
  return { ...signed, signatures: [signature] };
};

/** What is sent, the verdict that gossip is told, and why; null where nothing is said about it. */
export type Row = readonly [string, (scene: Scene) => SignedMessage | Uint8Array, Verdict, RegExp | null];

export const testRows = (rows: readonly Row[]): void => {
  for (const [name, make, verdict, why] of rows) {
    test(`${name}: ${verdict}`, async () => {
      const scene = setUp();
      const result = await scene.send(make(scene));
      assert.equal(result.verdict, verdict, JSON.stringify(result));
      if (why !== null) assert.match(result.why ?? '', why);
    });
  }
};
