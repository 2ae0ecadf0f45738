/**
 * What each part of the run came to, from duties, blocks and the clients' logs. Values in, values out.
 */
import type { EpochDuties } from './chain/beacon-api.ts';
import type { ChainRecord } from './chain/observer.ts';
import type { SignatureLog, SigningError } from './chain/signature-log.ts';
import { type Count, type EpochTally, tallyEpoch } from './chain/tally.ts';
import { type OperatorNumber, operatorNumbers } from './operators/operators.ts';
import { slotsPerEpoch } from './options.ts';
import type { Part } from './parts.ts';

export interface PartResult extends Part {
  readonly attestations: Count;
  readonly blocks: Count;
  readonly sync: Count;
  readonly aggregates: Count;
  readonly contributions: Count;
  /** Signatures that each running operator's own client got, whoever's reached the chain. */
  readonly clients: readonly ClientCount[];
  readonly missed: readonly string[];
  /** The clients' signing errors while the part ran, most frequent reason first. */
  readonly errors: readonly { readonly why: string; readonly times: number }[];
}

export interface ClientCount {
  readonly operator: OperatorNumber;
  readonly attestations: Count;
  readonly syncMessages: Count;
  readonly aggregates: Count;
}

const add = (tallies: readonly EpochTally[], pick: (tally: EpochTally) => Count): Count => ({
  due: tallies.reduce((sum, tally) => sum + pick(tally).due, 0),
  done: tallies.reduce((sum, tally) => sum + pick(tally).done, 0),
});

const reasonsOf = (errors: readonly SigningError[]): { why: string; times: number }[] => {
  const times = new Map<string, number>();
  for (const { what, why } of errors) {
    // Roots and keys differ from error to error; without them equal reasons add up.
    const text = `${what}: ${why.replace(/0x[0-9a-f]{16,}/gi, '0x..').slice(0, 300)}`;
    times.set(text, (times.get(text) ?? 0) + 1);
  }
  return [...times].map(([why, count]) => ({ why, times: count })).sort((a, b) => b.times - a.times);
};

const countClient = (
  operator: OperatorNumber,
  part: Part,
  duties: readonly EpochDuties[],
  signatures: SignatureLog,
): ClientCount => {
  const slots = [part.firstEpoch * slotsPerEpoch, (part.lastEpoch + 1) * slotsPerEpoch - 1] as const;
  const attesters = duties.reduce((sum, epoch) => sum + epoch.attesters.length, 0);
  const members = duties.reduce((sum, epoch) => sum + slotsPerEpoch * epoch.sync.length, 0);
  return {
    operator,
    attestations: { due: attesters, done: signatures.count(operator, 'attestation', ...slots) },
    syncMessages: { due: members, done: signatures.count(operator, 'sync-message', ...slots) },
    aggregates: { due: attesters, done: signatures.count(operator, 'aggregate', ...slots) },
  };
};

export const resultOf = (
  part: Part,
  chain: ChainRecord,
  signatures: SignatureLog,
  slotStartMs: (slot: number) => number,
): PartResult => {
  const duties = chain.duties.filter(({ epoch }) => epoch >= part.firstEpoch && epoch <= part.lastEpoch);
  const tallies = duties.map((epoch) => {
    const next = chain.duties.find((one) => one.epoch === epoch.epoch + 1);
    return tallyEpoch(epoch, next, chain.blocks, signatures.has);
  });
  const running = operatorNumbers.filter((operator) => !part.stopped.includes(operator));
  const fromMs = slotStartMs(part.firstEpoch * slotsPerEpoch);
  const toMs = slotStartMs((part.lastEpoch + 1) * slotsPerEpoch);
  return {
    ...part,
    attestations: add(tallies, ({ attestations }) => attestations),
    blocks: add(tallies, ({ blocks }) => blocks),
    sync: add(tallies, ({ sync }) => sync),
    aggregates: add(tallies, ({ aggregates }) => aggregates),
    contributions: add(tallies, ({ contributions }) => contributions),
    clients: running.map((operator) => countClient(operator, part, duties, signatures)),
    missed: tallies.flatMap(({ missed }) => missed),
    errors: reasonsOf(signatures.errorsBetween(fromMs, toMs)),
  };
};

export const percent = ({ due, done }: Count): string =>
  due === 0 ? '-' : `${((100 * done) / due).toFixed(1)} %`;
