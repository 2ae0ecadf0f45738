/**
 * A cluster file that gives an operator another key, while the node runs; with the former one listed or not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVerifyOperator } from '../../../src/app/history/verify-operator.ts';
import { createLiveRegistry } from '../../../src/app/live-registry.ts';
import { generateOperatorKey } from '../../../src/app/operator-key/key-file.ts';
import { createOperatorKeys } from '../../../src/app/operator-key/operator-keys.ts';
import { privateKeyOf } from '../../../src/app/operator-key/private-key.ts';
import type { OperatorId, Slot } from '../../../src/core/ids.ts';
import { createRegistry } from '../../simulation/world/cluster.ts';

test('after a reload only the new key of an operator verifies', async () => {
  const [self, peer] = [1 as OperatorId, 2 as OperatorId];
  const [own, stolen, renewed] = await Promise.all(
    [0, 1, 2].map(async () => privateKeyOf(await generateOperatorKey())),
  );
  assert.ok(own !== undefined && stolen !== undefined && renewed !== undefined);
  const withKeyOfPeer = (key: typeof own) => ({
    ...createRegistry(4, 1),
    operators: new Map([
      [self, { id: self, publicKeyPem: own.publicPem, addresses: [] }],
      [peer, { id: peer, publicKeyPem: key.publicPem, addresses: [] }],
    ]),
  });
  const registry = createLiveRegistry(withKeyOfPeer(stolen));
  const keys = createOperatorKeys(own, registry, self);
  const data = Uint8Array.of(1, 2, 3);
  const [old, fresh] = [await stolen.sign(data), await renewed.sign(data)];
  const verdicts = () => [keys.verify(peer, data, old), keys.verify(peer, data, fresh)];
  assert.deepEqual(verdicts(), [true, false]);
  registry.replace(withKeyOfPeer(renewed));
  assert.deepEqual(verdicts(), [false, true]);
});

test('a former key counts for slots before its end, and for nothing that has no slot', async () => {
  const [self, peer] = [1 as OperatorId, 2 as OperatorId];
  const [own, former, present] = await Promise.all(
    [0, 1, 2].map(async () => privateKeyOf(await generateOperatorKey())),
  );
  assert.ok(own !== undefined && former !== undefined && present !== undefined);
  const formerKeys = [{ publicKeyPem: former.publicPem, until: 100 as Slot }];
  const registry = {
    ...createRegistry(4, 1),
    operators: new Map([
      [self, { id: self, publicKeyPem: own.publicPem, addresses: [] }],
      [peer, { id: peer, publicKeyPem: present.publicPem, formerKeys, addresses: [] }],
    ]),
  };
  const data = Uint8Array.of(1, 2, 3);
  const [old, fresh] = [await former.sign(data), await present.sign(data)];
  for (const { verify } of [
    createOperatorKeys(own, registry, self),
    { verify: createVerifyOperator(registry) },
  ]) {
    const verdicts = (slot?: number) =>
      [old, fresh].map((signature) => verify(peer, data, signature, slot as Slot | undefined));
    assert.deepEqual(verdicts(99), [true, true]);
    assert.deepEqual(verdicts(100), [false, true]);
    // As hello asks.
    assert.deepEqual(verdicts(), [false, true]);
    // It is nobody else's.
    assert.equal(verify(self, data, old, 99 as Slot), false);
  }
  // Nor may a node start with it.
  assert.throws(() => createOperatorKeys(former, registry, peer), /not the key of operator 2/);
});
