/**
 * One conversation with one operator: everything that catching up wants of it, page by page, verified, stored and folded.
 *
 * It ends with an answer that counts, or it does not count at all; what was verified on the way is kept in either case. An
 * operator that would go on for ever, repeats itself or sends empty pages is left.
 */
import type { Entry } from '../../core/history/entry.ts';
import { itemsOf } from '../../core/history/fold.ts';
import {
  type Cursor,
  type HistoryRequest,
  type HistoryResponse,
  validatorsMax,
} from '../../core/history/messages.ts';
import type { OperatorId, Slot, ValidatorKey } from '../../core/ids.ts';
import type { Committee } from '../../core/registry/committee.ts';
import type { Clock } from '../ports.ts';
import type { Report } from '../report.ts';
import type { DecidedLog, HistoryPeers, SlashingFold } from './ports.ts';
import { type VerifyPorts, verifyEntries } from './verify-entries.ts';

export interface ConversationPorts<Who = OperatorId> extends VerifyPorts {
  readonly clock: Clock;
  readonly log: DecidedLog;
  readonly peers: HistoryPeers<Who>;
  readonly slashing: SlashingFold;
  readonly report: Report;
}

export interface Questions {
  readonly committee: Committee;
  readonly validators: readonly ValidatorKey[];
  /** Votes and blocks from this slot on are asked one by one; of older ones the newest. */
  readonly since: Slot;
}

export type Answer =
  | { readonly type: 'answered'; readonly entries: number }
  /** Try again later. */
  | { readonly type: 'busy' | 'failed'; readonly why: string }
  | { readonly type: 'lie'; readonly why: string };

/** Pages of one request: an operator with more than this to tell since a recent slot is making it up. */
const pagesMax = 256;
/** Of one request for a range, which may be all that there ever was. */
const rangePagesMax = 100_000;
/** A busy operator is asked again after this, so often. ms */
const busyMs = 500;
const attemptsMax = 20;
const nothingLater = Number.MAX_SAFE_INTEGER as Slot;

/** What catching up asks of each operator. */
export const requestsOf = ({ committee, validators, since }: Questions): readonly HistoryRequest[] => {
  const bare = { committee: committee.id, from: since, to: nothingLater, after: null };
  const requests: HistoryRequest[] = [];
  for (let at = 0; at < validators.length; at += validatorsMax) {
    const some = validators.slice(at, at + validatorsMax);
    requests.push(
      { ...bare, kind: 'newest', validators: some },
      { ...bare, kind: 'since', validators: some },
    );
  }
  return requests;
};

const isAfter = (a: Cursor, b: Cursor | null): boolean => {
  if (b === null) return true;
  for (const at of [0, 1, 2] as const) if (a[at] !== b[at]) return a[at] > b[at];
  return false;
};

/** What the answer must be about, whatever else is true. */
const strayOf = (request: HistoryRequest, entries: readonly Entry[]): string | null => {
  const asked = new Set(request.validators);
  const stray = entries.find(({ certificate: { duty }, proofs }) => {
    if (duty.committee !== request.committee) return true;
    if (request.kind !== 'newest' && duty.slot < request.from) return true;
    if (request.kind === 'range') return duty.slot > request.to;
    if (duty.validator !== null && !asked.has(duty.validator)) return true;
    return proofs.some(({ validator }) => !asked.has(validator));
  });
  return stray === undefined ? null : 'an entry that was not asked for';
};

/** Never rejects but for bugs and a failing disk. */
export const converse = async <Who>(
  ports: ConversationPorts<Who>,
  who: Who,
  requests: readonly HistoryRequest[],
  signal: AbortSignal,
): Promise<Answer> => {
  let count = 0;
  for (const request of requests) {
    let after: Cursor | null = null;
    for (let page = 0; ; page++) {
      if (page >= (request.kind === 'range' ? rangePagesMax : pagesMax))
        return { type: 'lie', why: 'pages without end' };
      const response: Response = await askPatiently(ports, who, { ...request, after }, signal);
      if (response.type !== 'page') return response;
      const stray = strayOf(request, response.entries);
      if (stray !== null) return { type: 'lie', why: stray };
      const verified = await verifyEntries(ports, response.entries);
      if (verified.type === 'lie') return verified;
      // The files may be closed by now.
      if (signal.aborted) return { type: 'failed', why: 'stopped' };
      takeOver(ports, verified.entries);
      count += verified.entries.length;
      if (response.next === null) break;
      if (response.entries.length === 0 || !isAfter(response.next, after))
        return { type: 'lie', why: 'a page that leads nowhere' };
      after = response.next;
    }
  }
  return { type: 'answered', entries: count };
};

type Response =
  | Extract<HistoryResponse, { readonly type: 'page' }>
  | { readonly type: 'busy' | 'failed'; readonly why: string };

/** The same page again while the operator is busy. */
const askPatiently = async <Who>(
  ports: ConversationPorts<Who>,
  who: Who,
  request: HistoryRequest,
  signal: AbortSignal,
): Promise<Response> => {
  for (let attempt = 1; ; attempt++) {
    const response = await askOnce(ports, who, request, signal);
    if (response.type !== 'busy' || attempt === attemptsMax || signal.aborted) return response;
    await new Promise<void>((resolve) => ports.clock.at(ports.clock.now() + busyMs, resolve));
  }
};

const askOnce = async <Who>(
  { peers }: Pick<ConversationPorts<Who>, 'peers'>,
  who: Who,
  request: HistoryRequest,
  signal: AbortSignal,
): Promise<Response> => {
  try {
    const response = await peers.ask(who, request, signal);
    if (response.type === 'page') return response;
    if (response.type === 'busy') return { type: 'busy', why: 'it is busy' };
    return { type: 'failed', why: 'it does not know the committee' };
  } catch (cause) {
    return { type: 'failed', why: cause instanceof Error ? cause.message : String(cause) };
  }
};

/** Slashing protection first: what is only in the log protects nobody. */
export const takeOver = (
  { network, slashing, log }: Pick<ConversationPorts, 'network' | 'slashing' | 'log'>,
  entries: readonly Entry[],
): void => {
  const items = entries.flatMap((entry) => itemsOf(network, entry));
  if (items.length > 0) slashing.fold(items);
  log.store(entries);
};
