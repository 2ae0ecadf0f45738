/**
 * Decided history at size: disk space, and how long a node takes to catch up on it and to copy all of it.
 *
 * `node test/bench/history.ts [--certificates N] [--validators N] [--json]`. Two committees of four decide a vote in every slot.
 * One certificate is the vote (112 bytes), the RSA signatures of a quorum of three operators (256 bytes each), and the proofs of
 * the validators that attest in that slot, each in one slot of an epoch: the validator's own signature (96 bytes) as a rule, and
 * for every sixteenth, as where a node missed the combining, the partial signatures of three operators. All signatures are made
 * and verified; files are real. Pages are encoded and decoded, but do not cross a network and are not paced. What is made here is
 * measured in a process of its own, which serves and asks, so that its memory is that of two nodes at most. Measured, never
 * asserted.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '../../src/core/history/entry.ts';
import type { Slot } from '../../src/core/ids.ts';
import { createDecidedLog } from '../../src/storage/decided/decided-log.ts';
import { openDecidedFile } from '../../src/storage/decided/open.ts';
import { readOptions, wholeNumber } from '../script-options.ts';
import { committees, createDecisions, firstSlot, network, registryOf } from './history/decisions.ts';

const usage = `npm run bench:history -- [options]

  --certificates N   decisions to store, copy and catch up on               (default 100000)
  --validators N     of each of the two committees                         (default 64)
  --json             instead of the table
  --help
`;

const options = readOptions(
  usage,
  {
    options: {
      certificates: { type: 'string', default: '100000' },
      validators: { type: 'string', default: '64' },
      json: { type: 'boolean', default: false },
    },
  },
  ({ values }) => ({
    certificates: wholeNumber(values.certificates, '--certificates', 1),
    validators: wholeNumber(values.validators, '--validators', 1),
    json: values.json,
  }),
);
const slots = Math.ceil(options.certificates / committees.length);
const certificates = slots * committees.length;
const decisions = createDecisions(options.validators);
const folder = mkdtempSync(join(tmpdir(), 'quorate-bench-'));

const fill = (): { readonly storeSeconds: number; readonly diskBytes: number } => {
  const { genesisValidatorsRoot } = network;
  const path = join(folder, 'full.sqlite');
  using file = openDecidedFile({ path, genesisValidatorsRoot, nowMs: Date.now() });
  const registry = registryOf(decisions.parties);
  const log = createDecidedLog(file, { committees: () => registry.committees, bytesMax: 2 ** 40 });
  let storeMs = 0;
  for (let at = 0; at < slots; ) {
    const batch: Entry[] = [];
    for (; batch.length < 200 && at < slots; at++)
      for (const committee of committees) batch.push(decisions.entryAt((firstSlot + at) as Slot, committee));
    const startMs = performance.now();
    log.store(batch);
    storeMs += performance.now() - startMs;
  }
  file.sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return { storeSeconds: Math.round(storeMs) / 1000, diskBytes: statSync(path).size };
};

try {
  const filled = fill();
  writeFileSync(join(folder, 'parties.json'), JSON.stringify(decisions.parties));
  const measure = new URL('./history/measure.ts', import.meta.url).pathname;
  const measured = execFileSync(process.execPath, [measure, folder, String(slots)], { encoding: 'utf8' });
  const result = {
    certificates,
    proofs: decisions.proofsMade(),
    ...filled,
    bytesPerCertificate: Math.round(filled.diskBytes / certificates),
    ...JSON.parse(measured),
    machineLoad: loadavg()[0],
  };
  console.log(options.json ? JSON.stringify(result) : result);
} finally {
  rmSync(folder, { recursive: true });
}
