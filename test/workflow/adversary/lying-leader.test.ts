/**
 * What up to f lying operators cannot bring an honest one to do. Four operators' real workflows; the liar has no workflow of
 * its own here, only its keys.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { DutyKey } from '../../../src/core/duty/duty.ts';
import { type DecidedSignable, proposedValue } from '../../../src/core/duty/value.ts';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
import { leaderOf } from '../../../src/core/qbft/quorum.ts';
import type { Validator } from '../../../src/core/registry/committee.ts';
import { domainOf } from '../../../src/core/wire/message-id.ts';
import { encodePartials } from '../../../src/core/wire/partial.ts';
import { encodeQbftMessage, type QbftMessage } from '../../../src/core/wire/qbft-message.ts';
import { encodeSigned, encodeSsvMessage, type SsvMessage } from '../../../src/core/wire/signed.ts';
import { type Addressee, createAddress } from '../../../src/workflow/address.ts';
import type { SignOutcome } from '../../../src/workflow/outcome.ts';
import { createRandom } from '../../fakes/random.ts';
import { operatorSignature, partialSignature } from '../../fakes/signing.ts';
import { createCluster, type Member } from '../../simulation/world/cluster.ts';
import { attestationOf, requestOf } from '../../simulation/world/requests.ts';

const none: Uint8Array = new Uint8Array(0);
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** The liar leads round 1 of the slot's attestation; the others are honest. */
const setUp = () => {
  const cluster = createCluster({ n: 4, validators: 1, random: createRandom(1) });
  const slot = slotAt(cluster.eth2, cluster.clock.now());
  const ids = cluster.members.map((member) => member.id);
  const liar = leaderOf(ids, slot, 1);
  const honest = cluster.members.filter((member) => member.id !== liar);
  for (const member of honest) cluster.start(member);
  const [validator] = [...cluster.registry.validators.values()] as [Validator];
  const { committee } = validator;
  const duty: DutyKey = { committee, role: 'attestation', slot, validator: null, subcommittee: 0 };
  const domain = domainOf(cluster.eth2.genesisValidatorsRoot, cluster.eth2.genesisForkVersion);
  const address = createAddress(domain, cluster.registry);
  const vote = attestationOf(cluster.eth2, slot, 0) as DecidedSignable;
  return { cluster, slot, liar, honest, validator, duty, address, vote };
};
type Scene = ReturnType<typeof setUp>;

const sealed = (from: readonly OperatorId[], message: SsvMessage, fullData: Uint8Array): Uint8Array => {
  const signatures = from.map((operator) => operatorSignature(operator, encodeSsvMessage(message)));
  return encodeSigned({ signatures, operators: from, message, fullData });
};

const consensus = (scene: Scene, from: readonly OperatorId[], type: QbftMessage['type'], fullData = none) => {
  const id = scene.address.dutyId(scene.duty);
  const data = encodeQbftMessage({
    type,
    height: scene.slot,
    round: 1,
    identifier: id,
    root: sha256(proposedValue(scene.vote)),
    dataRound: 0,
    roundChangeJustification: [],
    prepareJustification: [],
  });
  return sealed(from, { type: 'consensus', id, data }, fullData);
};

const partial = ({ cluster, slot, validator, address, vote }: Scene, from: OperatorId): Uint8Array => {
  const root = requestOf(cluster.eth2, vote).roots.signingRoot;
  const share = validator.shares.get(from);
  assert.ok(share !== undefined);
  const message = {
    signature: partialSignature(share, root),
    signingRoot: new Uint8Array(Buffer.from(root.slice(2), 'hex')),
    signer: from,
    validatorIndex: validator.number,
  };
  const id = address.partialId(validator.committee, 'attestation', 0);
  return sealed(
    [from],
    { type: 'partial-signature', id, data: encodePartials({ type: 0, slot, messages: [message] }) },
    none,
  );
};

const runTo = ({ cluster, slot }: Scene, offsetMs: number) =>
  cluster.clock.runUntil(slotStartMs(cluster.eth2, slot) + offsetMs);

const ask = ({ cluster, validator, vote }: Scene, member: Member) => {
  const answer: { outcome: SignOutcome | null } = { outcome: null };
  void member.workflow
    ?.sign(validator.key, requestOf(cluster.eth2, vote), new AbortController().signal)
    .then((outcome) => {
      answer.outcome = outcome;
    });
  return answer;
};

test('a value that only a lying leader speaks for is never decided, whatever else it says for it', async () => {
  const scene = setUp();
  for (const { id } of scene.honest) {
    for (const type of ['proposal', 'prepare', 'commit'] as const) {
      const fullData = type === 'proposal' ? proposedValue(scene.vote) : none;
      scene.cluster.network.inject(scene.liar, id, consensus(scene, [scene.liar], type, fullData));
    }
    scene.cluster.network.inject(scene.liar, id, partial(scene, scene.liar));
  }
  await runTo(scene, 11_900);
  for (const member of scene.honest) {
    assert.equal(
      member.trace.some((event) => event.type === 'decided'),
      false,
    );
    assert.equal(member.signer.signed.length, 0);
  }
});

test('f partial signatures do not spend the vote of a validator that nobody asked for', async () => {
  const scene = setUp();
  const [first] = scene.honest as [Member];
  const quorum = [1, 2, 3] as OperatorId[];
  const value = proposedValue(scene.vote);
  scene.cluster.network.inject(scene.liar, first.id, consensus(scene, quorum, 'commit', value));
  scene.cluster.network.inject(scene.liar, first.id, partial(scene, scene.liar));
  await runTo(scene, 11_900);
  assert.equal(
    first.trace.some((event) => event.type === 'decided'),
    true,
  );
  assert.equal(first.signer.signed.length, 0);
});

test('where slashing protection cannot be written nothing is signed, and the answer says so', async () => {
  const scene = setUp();
  const [first] = scene.honest as [Member];
  const slashing = first.slashing as { record: typeof first.slashing.record };
  slashing.record = () => {
    throw new Error('the disk is full');
  };
  await runTo(scene, 4000);
  const answers = scene.honest.map((member) => ask(scene, member));
  await runTo(scene, 13_500);
  assert.equal(first.signer.signed.length, 0);
  assert.deepEqual(
    answers.map((answer) => answer.outcome?.type),
    ['not-ready', 'below-quorum', 'below-quorum'],
  );
});

test('ids of messages name the committee, whatever attempt they carry', () => {
  const { address, validator } = setUp();
  for (const attempt of [0, 1, 15, 2 ** 32 - 1]) {
    const verdict = address.read(address.partialId(validator.committee, 'block', attempt));
    assert.equal(verdict.type, 'ours');
    const addressee: Addressee | null = verdict.type === 'ours' ? verdict.addressee : null;
    assert.equal(addressee?.committee.id, validator.committee);
    assert.equal(addressee?.attempt, attempt);
  }
});
