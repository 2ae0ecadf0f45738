/**
 * One operator on two nodes: found whether the two can reach each other or only a third knows both.
 */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { toHex } from '../../src/core/bytes.ts';
import { type HelloSelf, provesTwin } from '../../src/p2p/hello.ts';
import { type Evidence, statementOf } from '../../src/p2p/hello-message.ts';
import {
  domain,
  id,
  isMeshed,
  makeKeys,
  makeRegistry,
  type Node,
  startNode,
  stopAll,
  until,
} from './cluster.ts';

afterEach(stopAll);
const four = [1, 2, 3, 4];
const at = (node: Node) =>
  makeRegistry({ committees: [four], addresses: { [node.operator]: node.p2p.addresses() } });
const twinFaults = (node: Node): readonly string[] =>
  node.told('fault').flatMap(({ where, why }) => (where === 'twin' ? [why] : []));

test('a second node of one operator meets the first at its own address, and both know', async () => {
  const elder = await startNode(1, makeRegistry({ committees: [four] }));
  const younger = await startNode(1, at(elder));
  await until('both know', () => elder.twins.length > 0 && younger.twins.length > 0);
  assert.equal(elder.twins[0], younger.p2p.peerId);
  assert.equal(younger.twins[0], elder.p2p.peerId);
  assert.match(
    twinFaults(elder)[0] ?? '',
    /operator 1 runs on a second node .*: stop one of the two at once/,
  );
});

test('two nodes of one operator that cannot reach each other learn it from a third', async () => {
  const third = await startNode(3, makeRegistry({ committees: [four] }));
  const elder = await startNode(1, at(third));
  await until('the elder is connected', () => isMeshed([third, elder]));
  const younger = await startNode(1, at(third));
  await until('both know', () => elder.twins.length > 0 && younger.twins.length > 0);
  assert.match(twinFaults(third)[0] ?? '', /operator 1 runs on two nodes at once/);
});

test('a copied data directory, network key included, is found too', async () => {
  const privateKey = await generateKeyPair('Ed25519');
  const third = await startNode(3, makeRegistry({ committees: [four] }));
  const elder = await startNode(1, at(third), { privateKey });
  await until('the elder is connected', () => isMeshed([third, elder]));
  const younger = await startNode(1, at(third), { privateKey });
  await until('both know', () => elder.twins.length > 0 && younger.twins.length > 0);
});

test('an operator that restarts is no twin', async () => {
  const third = await startNode(3, makeRegistry({ committees: [four] }));
  for (let round = 0; round < 3; round++) {
    const node = await startNode(1, at(third));
    await until('connected', () => isMeshed([third, node]));
    await node.stop();
    assert.deepEqual(node.twins, []);
  }
  assert.deepEqual(twinFaults(third), []);
});

const registry = makeRegistry({ committees: [four] });
const keys = makeKeys(registry, 1);
const self: Pick<HelloSelf, 'domain' | 'instance' | 'startedAtMs' | 'keys'> = {
  domain,
  instance: `0x${'01'.repeat(16)}`,
  startedAtMs: 1_000,
  keys,
};
const shown = async (more: Partial<Evidence> = {}): Promise<Evidence> => {
  const unsigned = {
    ...{
      signedAtMs: 2_000,
      digest: `0x${'02'.repeat(32)}`,
      peer: 'other-node',
      instance: `0x${'03'.repeat(16)}`,
    },
    ...{ signerNonce: `0x${'04'.repeat(32)}`, verifierNonce: `0x${'05'.repeat(32)}` },
    ...more,
  };
  const statement = statementOf({
    domain,
    signer: {
      operator: id(1),
      peer: unsigned.peer,
      nonce: unsigned.signerNonce,
      instance: unsigned.instance,
    },
    verifier: { operator: id(3), peer: 'third', nonce: unsigned.verifierNonce },
    signedAtMs: unsigned.signedAtMs,
    digest: unsigned.digest,
  });
  return { signature: toHex(await keys.sign(statement)), ...unsigned };
};
const proves = (evidence: Evidence, operator = id(3), peer = 'third'): boolean =>
  provesTwin(self as HelloSelf, evidence, operator, peer);

test('evidence of a twin counts only where our key signed it, for its teacher, after our start, in another process', async () => {
  const good = await shown();
  assert.ok(proves(good));
  assert.ok(!proves(await shown({ signedAtMs: 1_000 })), 'of an earlier run of ours');
  assert.ok(!proves(await shown({ instance: self.instance })), 'our own');
  assert.ok(!proves(good, id(2)), 'given to somebody else');
  assert.ok(!proves(good, id(3), 'fourth'), 'given at another node');
  assert.ok(!proves({ ...good, signedAtMs: 3_000 }), 'altered');
  assert.ok(!proves({ ...good, signature: `0x${'00'.repeat(256)}` }), 'unsigned');
});
