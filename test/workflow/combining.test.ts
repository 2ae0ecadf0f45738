/**
 * When a burst is combined: together, but never late for what comes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bad, setUp } from './partials-scene.ts';

/** The third operator has been heard for all validators but the first, of which operators 1, 2 and 4 are here. */
const inBurst = async () => {
  const set = setUp(undefined, 40);
  const [, ...others] = set.registry.validators.values();
  for (const of of others) {
    set.add(3, { of });
    // Wanted, but not waited for any more: the others have no part in this.
    set.want('attestation', of).giveUp();
  }
  const answer = set.want();
  for (const from of [1, 2, 4]) set.add(from);
  await set.settle();
  assert.equal(answer.isSigned, false, 'a quorum that is dear to combine');
  return { ...set, answer };
};

test('in a burst a quorum that is dear to combine waits for the operator that is only a little behind', async () => {
  const { answer, add, settle } = await inBurst();
  add(3);
  await settle(1);
  assert.equal(answer.isSigned, true);
});

test('in a burst a quorum that is dear to combine is combined all the same after a moment', async () => {
  const { answer, calls, settle } = await inBurst();
  await settle(150);
  assert.equal(answer.isSigned, true);
  assert.deepEqual(calls, [1]);
});

test('outside a burst, and for an operator of which nothing is heard, nobody waits', async () => {
  for (const validators of [2, 40]) {
    const { registry, add, want, settle } = setUp(undefined, validators);
    const [, ...others] = registry.validators.values();
    for (const of of others) add(validators === 2 ? 3 : 1, { of });
    const answer = want();
    for (const from of [1, 2, 4]) add(from);
    await settle(1);
    assert.equal(answer.isSigned, true);
  }
});

/** So many validators, all of them waited for. */
const allWanted = (validators: number) => {
  const set = setUp(undefined, validators);
  const all = [...set.registry.validators.values()];
  const answers = all.map((of) => set.want('attestation', of));
  const addQuorum = (from: number, until: number): void => {
    for (const of of all.slice(from, until)) for (const operator of [1, 2, 3]) set.add(operator, { of });
  };
  return { ...set, all, answers, addQuorum };
};

test('in a burst what is ready is combined together with what soon will be', async () => {
  const { answers, calls, addQuorum, settle } = allWanted(40);
  addQuorum(0, 10);
  await settle(100);
  assert.deepEqual(calls, []);
  addQuorum(10, 40);
  await settle(1);
  assert.deepEqual(calls, [40], 'nobody else is waited for');
  assert.ok(answers.every(({ isSigned }) => isSigned));
});

test('in a burst what is ready is combined without what does not come', async () => {
  const { answers, calls, addQuorum, settle } = allWanted(40);
  addQuorum(0, 10);
  await settle(249);
  assert.deepEqual(calls, []);
  await settle(1);
  assert.deepEqual(calls, [10]);
  assert.equal(answers.filter(({ isSigned }) => isSigned).length, 10);
});

test('of a large burst so many are combined as soon as they are ready', async () => {
  const { calls, addQuorum, settle } = allWanted(200);
  addQuorum(0, 199);
  await settle(1);
  assert.deepEqual(calls, [128]);
  addQuorum(199, 200);
  await settle(200);
  assert.deepEqual(calls, [128, 72]);
});

test('what a client has given up is not waited for', async () => {
  const { answers, calls, addQuorum, settle } = allWanted(40);
  answers[39]?.giveUp();
  addQuorum(0, 39);
  await settle(1);
  assert.deepEqual(calls, [39]);
});

test('what lacks a partial again is waited for again', async () => {
  const { all, answers, calls, add, addQuorum, settle } = allWanted(40);
  const [first] = all;
  addQuorum(2, 40);
  add(1, { signature: bad });
  for (const from of [2, 3]) add(from);
  await settle(250);
  assert.deepEqual(calls, [39], 'all but the second');
  assert.equal(answers[0]?.isSigned, false);
  addQuorum(1, 2);
  await settle(100);
  assert.deepEqual(calls, [39]);
  add(4, first === undefined ? {} : { of: first });
  await settle(150);
  assert.deepEqual(calls, [39, 2]);
});

test('few are combined as soon as each is ready', async () => {
  const { calls, addQuorum, settle } = allWanted(31);
  addQuorum(0, 1);
  await settle(1);
  assert.deepEqual(calls, [1]);
});

test('what has had no quorum for half a second keeps the others waiting no more', async () => {
  const { answers, calls, addQuorum, settle } = allWanted(80);
  await settle(260);
  addQuorum(0, 10);
  await settle(250);
  assert.deepEqual(calls, [10]);
  addQuorum(10, 12);
  await settle(20);
  assert.deepEqual(calls, [10, 2], 'at once');
  assert.equal(answers.filter(({ isSigned }) => isSigned).length, 12);
});

test('what is wanted later is waited for, also when others are given up', async () => {
  const { registry, calls, want, addQuorum, settle } = allWanted(80);
  await settle(400);
  addQuorum(0, 10);
  await settle(100);
  const [, last] = [...registry.validators.values()].reverse();
  want('attestation', last);
  await settle(150);
  assert.deepEqual(calls, [10]);
  addQuorum(10, 12);
  await settle(100);
  assert.deepEqual(calls, [10], 'for the one that was asked for again');
});

test('validators that only peers sign for make no burst, nor one that is asked for many times', async () => {
  const { registry, add, want, settle } = setUp(undefined, 40);
  const [, ...others] = registry.validators.values();
  for (const of of others) add(3, { of });
  for (let times = 0; times < 40; times++) want();
  const answer = want();
  for (const from of [1, 2, 4]) add(from);
  await settle(1);
  assert.equal(answer.isSigned, true);
});
