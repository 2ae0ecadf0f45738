/**
 * Slashing protection that moves with shares, and shares that another signer keeps.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHistories } from '../../../src/app/keymanager/histories.ts';
import { createRemoteKeystoreAdmin } from '../../../src/app/keymanager/keystore-admin.ts';
import type { Epoch, Root, ShareKey, ValidatorKey } from '../../../src/core/ids.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { createSlashingProtection } from '../../../src/storage/slashing-protection.ts';
import { SignerFailed } from '../../../src/workflow/ports.ts';

const share = `0x${'11'.repeat(48)}` as ShareKey;
const validator = `0x${'22'.repeat(48)}` as ValidatorKey;
const network = `0x${'42'.repeat(32)}` as Root;
const owners = {
  validatorOf: (key: ShareKey) => (key === share ? validator : null),
  isValidator: (key: string) => key === validator,
};

const interchange = (key: string, target: number, genesisValidatorsRoot: string = network): string =>
  JSON.stringify({
    metadata: { interchange_format_version: '5', genesis_validators_root: genesisValidatorsRoot },
    data: [
      {
        pubkey: key,
        signed_blocks: [],
        signed_attestations: [{ source_epoch: String(target - 1), target_epoch: String(target) }],
      },
    ],
  });

const inDatabase = (work: (parts: ReturnType<typeof partsOf>) => void | Promise<void>) => async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-histories-'));
  try {
    await work(partsOf(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
const partsOf = (folder: string) => {
  const database = openDatabase({
    path: join(folder, 'quorate.sqlite'),
    create: true,
    genesisValidatorsRoot: network,
  });
  return {
    histories: createHistories(database, owners.validatorOf),
    slashing: createSlashingProtection(database),
  };
};

const verdictOn = (slashing: ReturnType<typeof partsOf>['slashing'], key: string, target: number) =>
  slashing.record([
    {
      type: 'attestation',
      key,
      source: (target - 1) as Epoch,
      target: target as Epoch,
      signingRoot: `0x${'77'.repeat(32)}` as Root,
    },
  ])[0]?.type;

test(
  'what a share signed elsewhere is refused for its validator here',
  inDatabase(({ histories, slashing }) => {
    assert.equal(histories.import(interchange(share, 50)), null);
    assert.equal(verdictOn(slashing, validator, 50), 'slashable');
    assert.equal(verdictOn(slashing, validator, 51), 'safe');
  }),
);

test(
  'what a validator signed here goes along with its share, under the validator, and is taken over there',
  inDatabase(async ({ histories, slashing }) => {
    assert.equal(histories.has(share), false);
    assert.equal(verdictOn(slashing, validator, 60), 'safe');
    assert.equal(histories.has(share), true);
    const text = histories.export([share]);
    assert.deepEqual(
      JSON.parse(text).data.map(({ pubkey }: { pubkey: string }) => pubkey),
      [validator],
    );
    await inDatabase((there) => {
      assert.equal(there.histories.import(text), null);
      assert.equal(verdictOn(there.slashing, validator, 60), 'slashable');
    })();
  }),
);

test(
  'a file that is none, or of another network, is told and changes nothing',
  inDatabase(({ histories }) => {
    assert.match(histories.import('{') ?? '', /nothing was imported/);
    assert.match(
      histories.import(interchange(share, 5, `0x${'43'.repeat(32)}`)) ?? '',
      /nothing was imported/,
    );
    assert.equal(histories.has(share), false);
  }),
);

test(
  'shares that another signer keeps are listed as readonly, and neither imported nor deleted here',
  inDatabase(async ({ histories }) => {
    const signer = {
      sign: () => Promise.reject(new SignerFailed('unavailable', 'not asked')),
      keys: async () => [share],
    };
    const admin = createRemoteKeystoreAdmin(signer, 1000, histories, owners);
    assert.deepEqual(await admin.list(), [{ key: share, isReadonly: true, shareOf: validator }]);
    const imported = await admin.import([{ keystore: '{}', password: '' }], interchange(share, 5));
    assert(imported.type === 'done');
    assert.deepEqual(
      imported.statuses.map(({ status }) => status),
      ['error'],
    );
    const { statuses, slashingProtection } = await admin.delete([share]);
    assert.deepEqual(
      statuses.map(({ status }) => status),
      ['error'],
    );
    assert.deepEqual(JSON.parse(slashingProtection).data, []);
  }),
);
