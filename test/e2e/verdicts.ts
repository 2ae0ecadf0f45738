/**
 * What the run had to show, each as one sentence that holds or does not.
 */
import type { ChainRecord } from './chain/observer.ts';
import { findSlashable } from './chain/slashable.ts';
import type { Count } from './chain/tally.ts';
import type { OperatorNumber, Probe } from './operators/operators.ts';
import type { Story } from './parts.ts';
import { type PartResult, percent } from './results.ts';

export interface Verdict {
  readonly claim: string;
  readonly holds: boolean;
  readonly found: string;
}

const atLeast = (claim: string, count: Count, threshold: number): Verdict => ({
  claim: `${claim}: at least ${threshold} %`,
  // A part in which nothing was due shows nothing.
  holds: count.due > 0 && 100 * count.done >= threshold * count.due,
  found: `${count.done} of ${count.due}, ${percent(count)}`,
});

const reasonIn = (body: string): string | null => {
  try {
    const { reason } = JSON.parse(body) as { reason?: unknown };
    return typeof reason === 'string' && reason !== '' ? reason : null;
  } catch {
    // A body that is not JSON is the finding that the caller reports.
    return null;
  }
};

const judgeProbe = (operator: OperatorNumber, { status, body }: Probe): Verdict => ({
  claim: `two stopped: operator ${operator} refuses with status 500 and a reason`,
  holds: status === 500 && reasonIn(body) !== null,
  found: `${status} ${body.slice(0, 300)}`,
});

const judgeSilence = (part: PartResult): Verdict => {
  const kinds = ['attestations', 'blocks', 'sync', 'aggregates', 'contributions'] as const;
  const signed = kinds.reduce((sum, kind) => sum + part[kind].done, 0);
  return {
    claim: 'two stopped: nothing is signed',
    holds: signed === 0 && part.attestations.due > 0,
    found: kinds.map((kind) => `${kind} ${part[kind].done}`).join(', '),
  };
};

/** Each client must be served by its own node; what it skips by itself under load the others make up for on the chain. */
const clientThreshold = 75;

const judgePart = (part: PartResult): Verdict[] => {
  const attestations = `${part.name}: attestations on chain`;
  switch (part.name) {
    case 'healthy':
      return [
        atLeast(attestations, part.attestations, 98),
        // One slot of 32 is 3 %: a Lodestar client skips a slot when its work for the one before ran past the end.
        atLeast('healthy: sync committee bits on chain', part.sync, 95),
        atLeast('healthy: aggregates signed', part.aggregates, 98),
        ...part.clients.map((client) =>
          atLeast(
            `healthy: attestations signed for client ${client.operator}`,
            client.attestations,
            clientThreshold,
          ),
        ),
        {
          claim: 'healthy: blocks on chain, at most one lost',
          holds: part.blocks.due > 0 && part.blocks.due - part.blocks.done <= 1,
          found: `${part.blocks.done} of ${part.blocks.due}`,
        },
      ];
    case 'needs the returned one':
      return [
        atLeast(attestations, part.attestations, 95),
        ...part.clients
          .filter(({ operator }) => operator === 4)
          .map((client) =>
            atLeast(
              "attestations signed for the returned operator's client",
              client.attestations,
              clientThreshold,
            ),
          ),
      ];
    case 'two stopped':
      return [judgeSilence(part)];
    case 'one stopped':
    case 'recovered':
      return [atLeast(attestations, part.attestations, 95)];
  }
};

const none = (claim: string, findings: readonly unknown[]): Verdict => ({
  claim,
  holds: findings.length === 0,
  found: findings.length === 0 ? 'none' : findings.slice(0, 5).join('; '),
});

export const judge = (
  results: readonly PartResult[],
  story: Story,
  chain: ChainRecord,
  contradictions: readonly string[],
): Verdict[] => [
  ...results.flatMap((part) => judgePart(part)),
  ...[...story.probes].map(([operator, probe]) => judgeProbe(operator, probe)),
  none('contradictions of a validator on the chain', findSlashable(chain.duties, chain.blocks)),
  none('slots of our validators with two blocks', chain.doubleProposals),
  none('slashed validators', chain.slashed),
  none("contradictions between the operators' slashing records", contradictions),
];
