/**
 * What the address book takes, keeps and tells; and how long redial waits.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAddressBook, fellowsOf } from '../../src/p2p/address-book.ts';
import { redialTiming, waitMs } from '../../src/p2p/redial.ts';
import { id, makeRegistry } from './cluster.ts';

const peerA = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo';
const peerB = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const shape = {
  committees: [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ],
};
const bookOf = (addresses: Record<number, string[]> = {}) =>
  createAddressBook(() => makeRegistry({ ...shape, addresses }), id(1));

test('fellows are those who share a committee', () => {
  assert.deepEqual(fellowsOf(makeRegistry(shape), id(1)), [2, 3, 4]);
});

test('the cluster file comes first, then what the operator said itself, then what others said', () => {
  const book = bookOf({ 2: ['/ip4/192.0.2.2/tcp/1'] });
  book.learn(
    id(3),
    peerB,
    '/ip4/192.0.2.3/tcp/9',
    [],
    [{ operator: id(2), addresses: ['/ip4/192.0.2.2/tcp/3'] }],
  );
  book.learn(id(2), peerA, '/ip4/192.0.2.2/tcp/9', ['/ip4/192.0.2.2/tcp/2'], []);
  assert.deepEqual(book.addressesOf(id(2)), [
    '/ip4/192.0.2.2/tcp/1',
    `/ip4/192.0.2.2/tcp/2/p2p/${peerA}`,
    '/ip4/192.0.2.2/tcp/3',
  ]);
});

const notTaken: readonly (readonly [string, string])[] = [
  ['loopback from afar', '/ip4/127.0.0.1/tcp/8500'],
  ['IPv6 loopback from afar', '/ip6/::1/tcp/8500'],
  ['loopback mapped into IPv6', '/ip6/::ffff:127.0.0.1/tcp/8500'],
  ['a link-local address from afar', '/ip4/169.254.169.254/tcp/80'],
  ['a private network from afar', '/ip4/10.0.0.5/tcp/5432'],
  ['any address', '/ip4/0.0.0.0/tcp/1'],
  ['UDP', '/ip4/8.8.4.4/udp/1'],
  ['a relay', `/ip4/8.8.4.4/tcp/1/p2p/${peerB}/p2p-circuit`],
  ["somebody else's peer id", `/ip4/8.8.4.4/tcp/1/p2p/${peerB}`],
  ['no multiaddr', '/ip4/elsewhere'],
  ['a Unix socket', '/unix/var/run/docker.sock'],
];
for (const [title, address] of notTaken) {
  test(`an operator's word about itself is not taken for ${title}`, () => {
    const book = bookOf();
    book.learn(id(2), peerA, '/ip4/9.9.9.9/tcp/9', [address, '/ip4/9.9.9.9/tcp/2'], []);
    assert.deepEqual(book.addressesOf(id(2)), [`/ip4/9.9.9.9/tcp/2/p2p/${peerA}`]);
  });
}

test('on one machine loopback is taken', () => {
  const book = bookOf();
  book.learn(id(2), peerA, '/ip4/127.0.0.1/tcp/9', ['/ip4/127.0.0.1/tcp/2'], []);
  assert.deepEqual(book.addressesOf(id(2)), [`/ip4/127.0.0.1/tcp/2/p2p/${peerA}`]);
});

test('hearsay is bounded, is only about fellows, and never about its teacher', () => {
  const book = bookOf();
  for (let port = 1; port <= 100; port++) {
    const addresses = [`/ip4/192.0.2.1/tcp/${port}`];
    book.learn(
      id(3),
      peerB,
      '/ip4/192.0.2.3/tcp/9',
      [],
      [2, 3, 5, 99].map((operator) => ({ operator: id(operator), addresses })),
    );
  }
  assert.equal(book.addressesOf(id(2)).length, 8);
  assert.equal(book.addressesOf(id(2))[0], '/ip4/192.0.2.1/tcp/100', 'the newest first');
  for (const operator of [3, 5, 99]) assert.deepEqual(book.addressesOf(id(operator)), []);
});

test('others are told what an operator said itself and what the file says, but no hearsay', () => {
  const book = bookOf({ 4: ['/ip4/192.0.2.4/tcp/1'] });
  book.learn(
    id(2),
    peerA,
    '/ip4/192.0.2.2/tcp/9',
    ['/ip4/192.0.2.2/tcp/2'],
    [{ operator: id(4), addresses: ['/ip4/192.0.2.4/tcp/66'] }],
  );
  assert.deepEqual(book.knownTo(id(3)), [
    { operator: 2, addresses: [`/ip4/192.0.2.2/tcp/2/p2p/${peerA}`] },
    { operator: 4, addresses: ['/ip4/192.0.2.4/tcp/1'] },
  ]);
  assert.deepEqual(book.knownTo(id(5)), [], 'nothing to an operator without a committee in common');
});

test('pins are the peer ids of the cluster file', () => {
  const book = bookOf({ 2: [`/ip4/192.0.2.2/tcp/1/p2p/${peerA}`, '/ip4/192.0.2.2/tcp/2', 'nonsense'] });
  assert.deepEqual([...book.pinsOf(id(2))], [peerA]);
  assert.deepEqual([...book.pinsOf(id(3))], []);
});

test('redial waits 2 to 5 s at first and never over 15 s, and never stops growing towards it', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const wait = waitMs(failures, redialTiming, chance);
      assert.ok(wait >= redialTiming.minMs && wait <= redialTiming.capMs);
      assert.ok(waitMs(failures + 1, redialTiming, chance) >= wait);
      if (failures === 0) assert.ok(wait <= redialTiming.maxMs);
    }),
  );
});
