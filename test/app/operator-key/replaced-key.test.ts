/**
 * A cluster file that gives an operator another key, while the node runs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLiveRegistry } from '../../../src/app/live-registry.ts';
import { generateOperatorKey } from '../../../src/app/operator-key/key-file.ts';
import { createOperatorKeys } from '../../../src/app/operator-key/operator-keys.ts';
import { privateKeyOf } from '../../../src/app/operator-key/private-key.ts';
import type { OperatorId } from '../../../src/core/ids.ts';
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
