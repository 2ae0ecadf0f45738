/**
 * Certificates from before an operator changed its key, verified with the cluster file alone.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { createVerifyOperator } from '../../../src/app/history/verify-operator.ts';
import { messageOf } from '../../../src/core/history/certificate.ts';
import type { Certificate } from '../../../src/core/history/entry.ts';
import type { OperatorId, Slot } from '../../../src/core/ids.ts';
import type { Operator, Registry } from '../../../src/core/registry/committee.ts';
import { parseOperatorPublicKey } from '../../../src/core/registry/operator-public-key.ts';
import { encodeSsvMessage } from '../../../src/core/wire/signed.ts';
import { verifyEntries } from '../../../src/workflow/history/verify-entries.ts';
import { domain, entryOf, network, registry, voteAt } from '../../core/history/sample.ts';

const newPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = parseOperatorPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
  assert.ok(pem !== null);
  return { privateKey, pem };
};
const pairs = new Map([...registry.operators.keys()].map((id) => [id, newPair()]));
const renewed = newPair();
const changed = 2 as OperatorId;

const signed = (certificate: Certificate, keyOf = (id: OperatorId) => pairs.get(id)): Certificate => {
  const data = encodeSsvMessage(messageOf(domain, certificate).message);
  const signatures = certificate.operators.map((id) => {
    const pair = keyOf(id);
    assert.ok(pair !== undefined);
    return Uint8Array.from(sign('sha256', data, pair.privateKey));
  });
  return { ...certificate, signatures };
};
const before = signed(voteAt(805));
const after = signed(voteAt(806), (id) => (id === changed ? renewed : pairs.get(id)));

/** The present keys, where operator 2 has a new one and perhaps lists the old one. */
const registryWith = (until: number | null): Registry => {
  const operators = [...registry.operators.values()].map((operator): Operator => {
    const pem = pairs.get(operator.id)?.pem ?? '';
    if (operator.id !== changed) return { ...operator, publicKeyPem: pem };
    const formerKeys = until === null ? [] : [{ publicKeyPem: pem, until: until as Slot }];
    return { ...operator, publicKeyPem: renewed.pem, formerKeys };
  });
  return { ...registry, operators: new Map(operators.map((operator) => [operator.id, operator])) };
};

const judge = async (certificate: Certificate, until: number | null): Promise<string> => {
  const changedRegistry = registryWith(until);
  const ports = {
    network,
    domain,
    registry: changedRegistry,
    clock: { now: () => network.genesisTimeMs + 900 * network.slotMs },
    keys: { verify: createVerifyOperator(changedRegistry) },
    combiner: { verifyPartials: async () => [] },
  };
  return (await verifyEntries(ports, [entryOf(certificate)])).type;
};

for (const [what, certificate, until, verdict] of [
  ['before the change, former key listed', before, 806, 'good'],
  ['before the change, the list ends with its slot', before, 805, 'lie'],
  ['before the change, former key not listed', before, null, 'lie'],
  ['after the change', after, 806, 'good'],
  ['after the change, which came sooner than the list says', after, 2000, 'good'],
] as const) {
  test(`a certificate of ${what}: ${verdict}`, async () =>
    assert.equal(await judge(certificate, until), verdict));
}

test('two keys of one operator are not two operators', async () => {
  const twice = signed({ ...voteAt(804), operators: [1, 2, 2] as OperatorId[] });
  assert.equal(await judge(twice, 806), 'lie');
});
