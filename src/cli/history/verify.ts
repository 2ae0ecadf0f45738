/**
 * `quorate history verify`: every stored certificate and proof against the cluster file, offline.
 */
import type { Entry } from '../../core/history/entry.ts';
import { summaryOf } from '../../storage/decided/summary.ts';
import { verifyEntries } from '../../workflow/history/verify-entries.ts';
import type { ExitCode, Terminal } from '../command.ts';
import { type OpenedHistory, pagesOf, type SlotRange } from './opened.ts';

/** Problems told one by one; more are only counted. */
const toldMax = 20;

const claimsIn = (entries: readonly Entry[]): number =>
  entries.flatMap(({ proofs }) => proofs.flatMap(({ claims }) => claims)).length;

/** 1 where a certificate or a validator's signature does not verify. */
export const verifyHistory = async (
  history: OpenedHistory,
  range: SlotRange,
  terminal: Terminal,
): Promise<ExitCode> => {
  let [certificates, claims, falseClaims, wrong] = [0, 0, 0, 0];
  for (const page of pagesOf(history, range)) {
    // A page at a time, as checking together is cheaper; one by one where something in it is wrong.
    const whole = await verifyEntries(history.ports, page);
    for (const entries of whole.type === 'good' ? [page] : page.map((entry) => [entry])) {
      const verified = whole.type === 'good' ? whole : await verifyEntries(history.ports, entries);
      certificates += entries.length;
      if (verified.type === 'good') {
        claims += claimsIn(verified.entries);
        falseClaims += claimsIn(entries) - claimsIn(verified.entries);
        continue;
      }
      wrong += 1;
      if (wrong <= toldMax) terminal.out(`wrong: ${verified.why}\n`);
    }
  }
  terminal.out(
    `${certificates - wrong} of ${certificates} certificates verify, with ${claims} signatures of validators and shares\n`,
  );
  if (falseClaims > 0)
    terminal.out(
      `${falseClaims} partial signatures do not verify: operators sent them, nothing rests on them\n`,
    );
  const strangers = summaryOf(history.file).filter(
    ({ committee }) => !history.ports.registry.committees.has(committee),
  );
  for (const { committee, role, count } of strangers)
    terminal.out(
      `not looked at: ${count} (${role}) of committee ${committee}, which is not in the cluster file\n`,
    );
  return wrong === 0 ? 0 : 1;
};
