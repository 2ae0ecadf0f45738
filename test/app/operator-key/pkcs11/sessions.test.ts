/**
 * Sessions: one thing at a time in each, no more than allowed, and new ones for those that were lost.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { returnCodes } from '../../../../src/app/operator-key/pkcs11/module.ts';
import { createSessions } from '../../../../src/app/operator-key/pkcs11/sessions.ts';

const errorWith = (code: number): Error => Object.assign(new Error('CKR'), { code });

const counted = (countMax: number) => {
  const opened: number[] = [];
  const closed: number[] = [];
  const sessions = createSessions<number>(
    () => {
      opened.push(opened.length);
      return opened.length - 1;
    },
    (session) => closed.push(session),
    countMax,
  );
  return { sessions, opened, closed };
};

test('no session does two things at once, and no more are open than allowed', async () => {
  const { sessions, opened, closed } = counted(2);
  const busy = new Set<number>();
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      sessions.use(async (session) => {
        assert.ok(!busy.has(session));
        busy.add(session);
        await new Promise(setImmediate);
        busy.delete(session);
        return at;
      }),
    ),
  );
  assert.deepEqual(
    results,
    Array.from({ length: 20 }, (_, at) => at),
  );
  assert.equal(opened.length, 2);
  await sessions.close();
  assert.deepEqual(closed.sort(), [0, 1]);
});

test('a lost session is replaced and its work done once more; the other idle ones are not trusted either', async () => {
  const { sessions, opened, closed } = counted(2);
  const waits = Promise.withResolvers<void>();
  const first = sessions.use(() => waits.promise);
  await sessions.use(async () => undefined);
  waits.resolve();
  await first;
  let tries = 0;
  const result = await sessions.use(async (session) => {
    tries++;
    if (session < 2) throw errorWith(returnCodes.CKR_SESSION_HANDLE_INVALID);
    return session;
  });
  assert.deepEqual([result, tries, opened.length], [2, 2, 3]);
  assert.deepEqual(closed.sort(), [0, 1]);
});

test('another fault is told at once, and the next work gets a fresh session', async () => {
  const { sessions, opened } = counted(1);
  let tries = 0;
  const work = sessions.use(async () => {
    tries++;
    throw errorWith(returnCodes.CKR_PIN_INCORRECT);
  });
  await assert.rejects(work, /CKR/);
  assert.equal(tries, 1);
  assert.equal(await sessions.use(async (session) => session), 1);
  assert.equal(opened.length, 2);
});
