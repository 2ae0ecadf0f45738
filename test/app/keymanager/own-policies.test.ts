/**
 * Policies of this operator's own: over the cluster file's, durable, and refused where they cannot be trusted.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openOwnPolicies, policiesPathOf } from '../../../src/app/keymanager/own-policies.ts';
import type { ValidatorKey } from '../../../src/core/ids.ts';
import type { Registry } from '../../../src/core/registry/committee.ts';

const key = `0x${'11'.repeat(48)}` as ValidatorKey;
const other = `0x${'22'.repeat(48)}` as ValidatorKey;
const [ofFile, own] = ['aa', 'bb'].map((byte) => `0x${byte.repeat(20)}`) as [string, string];

const registryWith = (feeRecipient: string | null): Registry => {
  const validator = {
    key,
    number: 7,
    committee: `0x${'33'.repeat(32)}`,
    shares: new Map(),
    policy: { feeRecipient, gasLimit: 30_000_000n },
  } as unknown as ReturnType<Registry['validators']['get']> & object;
  return {
    operators: new Map(),
    committees: new Map(),
    validators: new Map([[key, validator]]),
    byNumber: new Map([[7, validator]]),
  };
};

const inFolder = (work: (dataDir: string) => void): void => {
  const dataDir = mkdtempSync(join(tmpdir(), 'quorate-policies-'));
  try {
    work(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
};

test('what is set wins over the cluster file at once, after a reload and after a restart, until it is taken back', () => {
  inFolder((dataDir) => {
    const policies = openOwnPolicies(dataDir);
    let now = policies.over(registryWith(ofFile));
    const admin = policies.admin((next) => {
      now = next;
    });
    admin.change(key, { type: 'fee-recipient', value: own });
    for (const validator of [now.validators.get(key), now.byNumber.get(7)])
      assert.deepEqual(validator?.policy, { feeRecipient: own, gasLimit: 30_000_000n });
    assert.equal(policies.over(registryWith(null)).validators.get(key)?.policy.feeRecipient, own);

    const again = openOwnPolicies(dataDir);
    let later = again.over(registryWith(ofFile));
    const laterAdmin = again.admin((next) => {
      later = next;
    });
    assert.deepEqual(laterAdmin.read(key), {
      feeRecipient: { value: own, isOwn: true },
      gasLimit: { value: 30_000_000n, isOwn: false },
    });
    laterAdmin.change(key, { type: 'gas-limit', value: 36_000_000n });
    assert.deepEqual(later.validators.get(key)?.policy, { feeRecipient: own, gasLimit: 36_000_000n });
    laterAdmin.change(key, { type: 'fee-recipient', value: null });
    assert.deepEqual(later.validators.get(key)?.policy, { feeRecipient: ofFile, gasLimit: 36_000_000n });
    laterAdmin.change(key, { type: 'gas-limit', value: null });
    assert.deepEqual(JSON.parse(readFileSync(policiesPathOf(dataDir), 'utf8')).validators, {});
    assert.equal(statSync(policiesPathOf(dataDir)).mode & 0o777, 0o600);
  });
});

test('a validator that the registry does not have has no policy to read', () => {
  inFolder((dataDir) => {
    const policies = openOwnPolicies(dataDir);
    policies.over(registryWith(null));
    assert.equal(policies.admin(() => {}).read(other), null);
  });
});

for (const [what, text] of [
  ['no JSON', '{'],
  ['another version', '{"version":2,"validators":{}}'],
  ['a field that is not known', '{"version":1,"validators":{},"more":1}'],
  ['an address that is none', `{"version":1,"validators":{"${key}":{"feeRecipient":"0x12"}}}`],
  ['an address with a newline', `{"version":1,"validators":{"${key}":{"feeRecipient":"${own}\\n"}}}`],
  ['a gas limit that is a number', `{"version":1,"validators":{"${key}":{"gasLimit":30000000}}}`],
  ['a gas limit of 20 digits', `{"version":1,"validators":{"${key}":{"gasLimit":"${'9'.repeat(20)}"}}}`],
  ['a list of validators', '{"version":1,"validators":[]}'],
  ['a policy that is a list', `{"version":1,"validators":{"${key}":[]}}`],
  ['a policy that is null', `{"version":1,"validators":{"${key}":null}}`],
  ['a field of a policy that is not known', `{"version":1,"validators":{"${key}":{"toString":"x"}}}`],
  ['a policy with a prototype', `{"version":1,"validators":{"${key}":{"__proto__":{"gasLimit":"1"}}}}`],
  ['a key that is none', '{"version":1,"validators":{"0x12":{}}}'],
  ['__proto__ for a key', '{"version":1,"validators":{"__proto__":{}}}'],
  ['null under __proto__', '{"version":1,"validators":{"__proto__":null}}'],
  [
    'an address that is none under a key in capitals',
    `{"version":1,"validators":{"0x${'AB'.repeat(48)}":{"feeRecipient":"0x12"}}}`,
  ],
] as const) {
  test(`a file with ${what} stops the start and is named`, () => {
    inFolder((dataDir) => {
      writeFileSync(policiesPathOf(dataDir), text);
      assert.throws(() => openOwnPolicies(dataDir), {
        name: 'StartFailed',
        message: /validator-policies\.json: .* cannot be read/,
      });
    });
  });
}
