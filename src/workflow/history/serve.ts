/**
 * Answers other nodes' questions from the log. Who may ask how often is the transport's to decide.
 */
import { type HistoryRequest, type HistoryResponse, pageBytesMax } from '../../core/history/messages.ts';
import type { Registry } from '../../core/registry/committee.ts';
import type { CatchUpStatus } from './catch-up.ts';
import type { DecidedLog } from './ports.ts';

export interface ServePorts {
  readonly registry: Registry;
  readonly log: DecidedLog;
  /** Writes what was decided but not stored yet. */
  readonly flush: () => void;
  readonly status: () => readonly CatchUpStatus[];
}

export const createServe =
  ({ registry, log, flush, status }: ServePorts): ((request: HistoryRequest) => HistoryResponse) =>
  (request) => {
    if (!registry.committees.has(request.committee)) return { type: 'unknown-committee' };
    flush();
    // Far below the limit: the last entry may be large, and a page is read and encoded in one go, between duties.
    const { entries, next } = log.page(request, pageBytesMax / 8);
    const standing = status().find(({ committee }) => committee === request.committee)?.standing;
    const memory = standing?.type === 'caught-up' ? 'caught-up' : 'catching-up';
    return { type: 'page', memory, entries, next };
  };
