/**
 * The health of an observer, in the form of a node's.
 *
 * DOWN means that it can do nothing of what it is for now: its file is gone, or no node is connected that it could hear or
 * ask. How far it is behind is told, and is no illness: it serves what it has.
 */
import type { Health } from '../../http/deps.ts';
import type { SourceStatus } from '../../p2p/observers/observer-node.ts';
import type { KeepUpStatus } from '../../workflow/observe/keep-up.ts';

export interface ObserverFacts {
  readonly isHistoryUp: boolean;
  readonly sources: readonly SourceStatus[];
  readonly certificates: number;
  readonly status: readonly KeepUpStatus[];
}

export const observerHealthOf = ({ isHistoryUp, sources, certificates, status }: ObserverFacts): Health => {
  const connected = sources.filter((source) => source.connected);
  const gone = sources.filter((source) => !source.connected).map(({ source }) => source.name);
  const checks: Health['checks'] = [
    { id: 'decided-history-check', status: isHistoryUp ? 'UP' : 'DOWN', data: { certificates } },
    {
      id: 'sources-check',
      status: connected.length > 0 ? 'UP' : 'DOWN',
      data: {
        connected: connected.length,
        sources: sources.length,
        ...(gone.length > 0 ? { missing: gone.join(', ') } : {}),
      },
    },
    ...status.map(({ committee, complete, behind, older }) => ({
      id: `history-check/${committee.slice(0, 10)}`,
      status: 'UP' as const,
      data: {
        'behind-slots': behind,
        'older-slots-missing': older,
        ...(complete === null ? {} : { 'complete-from': complete.from, 'complete-to': complete.to }),
      },
    })),
  ];
  const outcome = checks.every((check) => check.status === 'UP') ? 'UP' : 'DOWN';
  return { status: outcome, checks, outcome };
};
