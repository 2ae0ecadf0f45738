/**
 * A process for crash tests: opens the database at argv[2] and records in a loop, printing each batch after it was stored.
 *
 * argv[3] is the number of the first epoch. One line per batch: the epoch and the number of the root. Ends by being killed.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from '../../src/storage/database.ts';
import { createSlashingProtection } from '../../src/storage/slashing-protection.ts';
import { attestation, keyOf, words } from './slashing-items.ts';
import { network } from './temporary-folder.ts';

const path = process.argv[2];
if (path === undefined) throw new Error('the path of a database is missing');
const database = openDatabase({ path, create: true, genesisValidatorsRoot: network });
const protection = createSlashingProtection(database);
for (let target = Number(process.argv[3]); ; target++) {
  const batch = [1, 2, 3].map((number) =>
    attestation({ key: keyOf(number), source: target - 1, target, root: target }),
  );
  const answers = words(protection.record(batch));
  if (answers.some((answer) => answer !== 'safe')) throw new Error(`target ${target}: ${answers.join()}`);
  writeSync(1, `${target}\n`);
}
