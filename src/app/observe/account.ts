/**
 * What an observer says of itself: how much it keeps, how far it is behind, whom it hears. For its log, metrics and health.
 */
import type { Logger } from 'pino';
import type { Network } from '../../core/eth2/network.ts';
import type { SourceStatus } from '../../p2p/observers/observer-node.ts';
import type { DecidedFile } from '../../storage/decided/open.ts';
import { type RoleSummary, summaryOf } from '../../storage/decided/summary.ts';
import type { CatchUpStatus } from '../../workflow/history/catch-up.ts';
import type { KeepUpStatus } from '../../workflow/observe/keep-up.ts';
import type { ObserverFacts } from './observer-health.ts';

/** Every so often one line says where the observer stands. ms */
const tellEveryMs = 5 * 60_000;
const lookEveryMs = 2_000;
/** Counting a large history takes a while: no more than a hundredth of the time is spent on it. */
const countShare = 100;
const countEveryMs = 1_000;

export interface AccountParts {
  readonly file: DecidedFile;
  readonly log: Logger;
  readonly sources: () => readonly SourceStatus[];
  readonly status: () => readonly KeepUpStatus[];
}

export interface Observed {
  readonly committees: readonly (KeepUpStatus & {
    readonly certificates: number;
    readonly newestSlot: number;
  })[];
  readonly sources: readonly { readonly name: string; readonly connected: boolean }[];
}

export interface Account extends Disposable {
  facts(): ObserverFacts;
  observed(): Observed;
}

/** To a node that asks it for history an observer says what it knows of its own completeness, as operators do. */
export const standingsOf = (network: Network, status: readonly KeepUpStatus[]): readonly CatchUpStatus[] =>
  status.map(({ committee, behind, older }) => ({
    committee,
    standing:
      behind <= network.slotsPerEpoch && older === 0
        ? { type: 'caught-up', floor: null }
        : { type: 'asking', have: 0, need: 1, missing: [] },
  }));

const createCount = (file: DecidedFile) => {
  let known: readonly RoleSummary[] = [];
  let nextMs = 0;
  return (): readonly RoleSummary[] => {
    const startedMs = performance.now();
    if (startedMs < nextMs) return known;
    known = summaryOf(file);
    const tookMs = performance.now() - startedMs;
    nextMs = startedMs + Math.max(countEveryMs, tookMs * countShare);
    return known;
  };
};

const sentenceOf = ({ certificates, sources, status }: ObserverFacts): string => {
  const connected = sources.filter((source) => source.connected).length;
  const behind = Math.max(0, ...status.map((one) => one.behind));
  const older = Math.max(0, ...status.map((one) => one.older));
  const missing =
    older > 0 ? `, ${older} older slots are still to be asked for` : ', nothing older is missing';
  return `keeps ${certificates} certificates, is ${behind} ${behind === 1 ? 'slot' : 'slots'} behind${missing}; ${connected} of ${sources.length} nodes connected`;
};

export const createAccount = ({ file, log, sources, status }: AccountParts): Account => {
  const count = createCount(file);
  const facts = (): ObserverFacts => {
    try {
      const certificates = count().reduce((sum, one) => sum + one.count, 0);
      return { isHistoryUp: true, certificates, sources: sources(), status: status() };
    } catch {
      // Any failure to read is the answer.
      return { isHistoryUp: false, certificates: 0, sources: sources(), status: status() };
    }
  };
  let toldMs = performance.now();
  let wasWhole = false;
  const look = (): void => {
    const isWhole = status().every(({ complete, older }) => complete !== null && older === 0);
    if (performance.now() - toldMs < tellEveryMs && isWhole === wasWhole) return;
    [toldMs, wasWhole] = [performance.now(), isWhole];
    log.info(sentenceOf(facts()));
  };
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  return {
    facts,
    observed: () => ({
      committees: status().map((one) => {
        const summaries = count().filter(({ committee }) => committee === one.committee);
        return {
          ...one,
          certificates: summaries.reduce((sum, summary) => sum + summary.count, 0),
          newestSlot: Math.max(0, ...summaries.map(({ lastSlot }) => lastSlot)),
        };
      }),
      sources: sources().map(({ source, connected }) => ({ name: source.name, connected })),
    }),
    [Symbol.dispose]: () => clearInterval(timer),
  };
};
