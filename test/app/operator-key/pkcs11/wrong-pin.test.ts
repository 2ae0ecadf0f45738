/**
 * A wrong PIN, in a process of its own: a login is the token's, so that one that succeeded before would hide it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { generateOperatorKey } from '../../../../src/app/operator-key/key-file.ts';
import { openTokenKey } from '../../../../src/app/operator-key/pkcs11/token-key.ts';
import { makeSoftToken, softHsm, tokenLabel, why } from './soft-token.ts';

test('a wrong PIN is named and not repeated, nor tried again', { skip: why }, async () => {
  using token = makeSoftToken();
  token.add('operator', await generateOperatorKey());
  const place = { module: softHsm ?? '', tokenLabel, keyLabel: 'operator', pin: '000999' };
  await assert.rejects(openTokenKey(place), (error: unknown) => {
    assert(error instanceof Error);
    assert.match(error.message, /the PIN is not the one of this token/);
    assert.doesNotMatch(inspect(error), /000999/);
    return true;
  });
});
