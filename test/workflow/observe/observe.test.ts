/**
 * What an observer makes of what it hears: certificates and signatures that verify, from messages in any order and with holes,
 * and nothing at all from strangers. The operators are real workflows in virtual time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '@chainsafe/as-sha256';
import { slotAt, slotStartMs } from '../../../src/core/eth2/slots.ts';
import { type Entry, wholeCluster } from '../../../src/core/history/entry.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../../src/core/ids.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import { domainOf, dutyMessageId } from '../../../src/core/wire/message-id.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../../../src/core/wire/qbft-message.ts';
import { decodeSigned, encodeSigned, encodeSsvMessage } from '../../../src/core/wire/signed.ts';
import { createRecorder } from '../../../src/workflow/history/recorder.ts';
import { verifyEntries } from '../../../src/workflow/history/verify-entries.ts';
import { nobody } from '../../../src/workflow/observe/listening.ts';
import { createObserver } from '../../../src/workflow/observe/observe.ts';
import type { Verdict } from '../../../src/workflow/ports.ts';
import type { ReportEvent } from '../../../src/workflow/report.ts';
import { createWriteOnlyLog } from '../../fakes/decided-log.ts';
import { createRandom } from '../../fakes/random.ts';
import { createFakeKeys, operatorSignature, provingCombiner } from '../../fakes/signing.ts';
import { createCluster } from '../../simulation/world/cluster.ts';
import { attestationOf, blockOf, requestOf } from '../../simulation/world/requests.ts';

/** `hears` says how late a message reaches the observer, in ms; null: never. */
const setUp = (hears: (message: Uint8Array) => number | null = () => 5) => {
  const cluster = createCluster({ n: 4, validators: 2, random: createRandom(1) });
  const { clock, eth2: network, registry } = cluster;
  const domain = domainOf(network.genesisValidatorsRoot, network.genesisForkVersion);
  const stored: Entry[] = [];
  const events: ReportEvent[] = [];
  const base = { network, registry, domain, clock, keys: createFakeKeys(nobody), combiner: provingCombiner };
  const report = (event: ReportEvent): void => void events.push(event);
  const recorder = createRecorder({
    ...base,
    report,
    log: createWriteOnlyLog((entries) => void stored.push(...entries)),
  });
  let receive = (_message: Uint8Array): Verdict => 'ignore';
  const listen = (handle: typeof receive): void => {
    receive = handle;
  };
  const observer = createObserver({ ...base, report, gossip: { listen }, recorder });
  const verdicts = new Map<Verdict, number>();
  const hear = (message: Uint8Array): Verdict => {
    const verdict = receive(message);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    return verdict;
  };
  cluster.network.onPublish((_, message) => {
    const delayMs = hears(message);
    if (delayMs !== null) clock.at(clock.now() + delayMs, () => void hear(message));
  });
  for (const member of cluster.members) cluster.start(member);
  const slot = (slotAt(network, clock.now()) + 1) as Slot;
  /** All clients ask for a block of the first validator, and for the votes of both. */
  const sign = async (): Promise<void> => {
    const [first, second] = [...registry.validators.keys()] as [ValidatorKey, ValidatorKey];
    for (const [key, signable, afterMs] of [
      [first, blockOf(slot, 0), 100],
      [first, attestationOf(network, slot, 0), 4000],
      [second, attestationOf(network, slot, 0), 4000],
    ] as const)
      clock.at(slotStartMs(network, slot) + afterMs, () => {
        for (const { workflow } of cluster.members)
          void workflow?.sign(key, requestOf(network, signable), new AbortController().signal);
      });
    await clock.runUntil(slotStartMs(network, (slot + 6) as Slot));
    recorder.flush();
  };
  const certificates = (): readonly string[] => [
    ...new Set(stored.map(({ certificate: { duty } }) => `${duty.role} ${duty.slot - slot}`)),
  ];
  const claims = () => stored.flatMap(({ proofs }) => proofs.flatMap((proof) => proof.claims));
  const verified = () => verifyEntries(base, stored);
  const { committees } = registry;
  return {
    cluster,
    slot,
    domain,
    sign,
    stored,
    events,
    verdicts,
    hear,
    observer,
    certificates,
    claims,
    verified,
    committees,
  };
};

const typeOf = (message: Uint8Array): string => {
  const signed = decodeSigned(message);
  if (isWireError(signed) || signed.message.type !== 'consensus') return 'other';
  const qbft = decodeQbftMessage(signed.message.data);
  return isWireError(qbft) ? 'other' : qbft.type;
};

test("it keeps a certificate of every decision and every validator's own signature, and all of it verifies", async () => {
  const { sign, certificates, claims, verified, verdicts, events } = setUp();
  await sign();
  assert.deepEqual(certificates().toSorted(), ['attestation 0', 'block 0']);
  const whole = claims().filter(({ by }) => by === wholeCluster);
  assert.equal(whole.length, 2);
  const all = await verified();
  assert.ok(all.type === 'good');
  assert.equal(all.entries.flatMap(({ proofs }) => proofs).length >= 2, true);
  assert.equal(verdicts.get('reject') ?? 0, 0);
  assert.deepEqual(
    events.filter(({ type }) => type === 'fault' || type === 'bad-partial' || type === 'equivocation'),
    [],
  );
});

test('order does not matter: it decides where every proposal comes last', async () => {
  const { sign, certificates } = setUp((message) => (typeOf(message) === 'proposal' ? 3000 : 5));
  await sign();
  assert.deepEqual(certificates().toSorted(), ['attestation 0', 'block 0']);
});

test('without the commits of a quorum, or without the value, it keeps nothing', async () => {
  for (const missing of ['commit', 'proposal']) {
    const { sign, stored } = setUp((message) => (typeOf(message) === missing ? null : 5));
    await sign();
    assert.deepEqual(stored, [], missing);
  }
});

test('a certificate that is sent to a latecomer is as good as the commits', async () => {
  // Commits are lost to the observer, and operator 4 is cut off: once it is back the others send it the certificate.
  const { sign, certificates, cluster, slot } = setUp((message) => (typeOf(message) === 'commit' ? null : 5));
  const [one, two, three, four] = cluster.members.map(({ id }) => id) as [
    OperatorId,
    OperatorId,
    OperatorId,
    OperatorId,
  ];
  cluster.network.partition([[one, two, three], [four]]);
  cluster.clock.at(slotStartMs(cluster.eth2, slot) + 6000, () => cluster.network.partition([]));
  await sign();
  assert.ok(certificates().includes('attestation 0'));
});

test('it frees what it held once the window of the slot is over', async () => {
  const { sign, observer, cluster, slot } = setUp();
  await sign();
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, (slot + 8) as Slot));
  assert.equal(observer.count(), 0);
});

test('what no operator signed makes it hold nothing', async () => {
  const { hear, observer, slot, domain, committees, stored } = setUp();
  const [committee] = [...committees.values()];
  assert.ok(committee !== undefined);
  const value = new Uint8Array(112).fill(3);
  for (let at = 0; at < 200; at++) {
    const duty = {
      committee: committee.id,
      role: 'attestation',
      slot: (slot - (at % 2)) as Slot,
      validator: null,
      subcommittee: 0,
    } as const;
    const identifier = dutyMessageId(domain, duty);
    const data = encodeQbftMessage({
      ...{
        type: 'proposal',
        height: duty.slot,
        round: 1 + (at % 3),
        identifier,
        root: digest(value),
        dataRound: 0,
      },
      ...{ roundChangeJustification: [], prepareJustification: [] },
    } as never);
    const message = { type: 'consensus', id: identifier, data } as const;
    const operators = [committee.operators[at % 4] as OperatorId];
    const forged = { signatures: [new Uint8Array(256).fill(at)], operators, message, fullData: value };
    assert.notEqual(hear(encodeSigned(forged)), 'accept');
    assert.notEqual(hear(new Uint8Array(at * 7).fill(at)), 'accept');
  }
  assert.equal(observer.count(), 0);
  assert.deepEqual(stored, []);
});

test('one lying operator makes it hold no more than its share of a slot, and decides nothing', async () => {
  const { hear, observer, slot, domain, committees, cluster, stored } = setUp();
  const [committee] = [...committees.values()];
  const [validator] = [...cluster.registry.validators.keys()];
  assert.ok(committee !== undefined && validator !== undefined);
  const liar = 2 as OperatorId;
  await cluster.clock.runUntil(slotStartMs(cluster.eth2, slot) + 100);
  for (let round = 1; round <= 40; round++)
    for (let variant = 0; variant < 10; variant++) {
      const duty = { committee: committee.id, role: 'aggregate', slot, validator, subcommittee: 0 } as const;
      const identifier = dutyMessageId(domain, duty);
      const root = digest(Uint8Array.of(round, variant));
      const data = encodeQbftMessage({
        ...{ type: 'commit', height: slot, round, identifier, root, dataRound: 0 },
        ...{ roundChangeJustification: [], prepareJustification: [] },
      } as never);
      const message = { type: 'consensus', id: identifier, data } as const;
      const signatures = [operatorSignature(liar, encodeSsvMessage(message))];
      const verdict = hear(
        encodeSigned({ signatures, operators: [liar], message, fullData: new Uint8Array(0) }),
      );
      // The first of a round is kept, as in a round that the others may be in; nothing more of it, and no round beyond the last.
      assert.equal(verdict, variant === 0 && round <= 12 ? 'accept' : 'ignore', `round ${round}, ${variant}`);
    }
  assert.equal(observer.count(), 1);
  assert.deepEqual(stored, []);
});
