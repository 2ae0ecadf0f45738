/**
 * Copies the decisions of a range of slots from peers into our log: what a node that lost its history serves to others again,
 * and what an export is made of. Nothing waits for it and nothing rests on it; it goes at its own slow pace.
 */
import type { CommitteeId, Slot } from '../../core/ids.ts';
import type { Committee } from '../../core/registry/committee.ts';
import type { OperatorKeys, Peers } from '../ports.ts';
import { type Answer, type ConversationPorts, converse } from './conversation.ts';

export interface CopyPorts extends Omit<ConversationPorts, 'slashing'> {
  readonly keys: OperatorKeys;
  readonly connected: Peers;
}

export interface SlotRange {
  readonly from: Slot;
  /** Inclusive. */
  readonly to: Slot;
}

/** Between two pages, so that neither side's duties notice. ms */
const paceMs = 250;

/** From one node, page by page, at a slow pace. Never rejects but for bugs and a failing disk. */
export const copyRange = <Who>(
  ports: Omit<ConversationPorts<Who>, 'slashing'>,
  who: Who,
  committee: CommitteeId,
  range: SlotRange,
  signal: AbortSignal,
  pace = paceMs,
): Promise<Answer> => {
  const { clock, peers } = ports;
  const slowly: ConversationPorts<Who>['peers'] = {
    blame: peers.blame,
    ask: async (asked, request, asking) => {
      if (pace > 0) await new Promise<void>((resolve) => clock.at(clock.now() + pace, resolve));
      return peers.ask(asked, request, asking);
    },
  };
  // Slashing protection learns what it needs in catching up; this may be years of it.
  const slashing = { fold: (): void => {} };
  const request = { kind: 'range', committee, ...range, validators: [], after: null } as const;
  return converse({ ...ports, peers: slowly, slashing }, who, [request], signal);
};

/**
 * From the first operator that tells all of the range; what others told on the way is kept. null where nobody did.
 * Never rejects but for bugs and a failing disk.
 */
export const copyHistory = async (
  ports: CopyPorts,
  committee: Committee,
  range: SlotRange,
  signal: AbortSignal,
  pace = paceMs,
): Promise<Extract<Answer, { readonly type: 'answered' }> | null> => {
  const { connected, keys, peers, report } = ports;
  for (const operator of committee.operators) {
    if (operator === keys.self || signal.aborted || !connected.isConnected(operator)) continue;
    const answer = await copyRange(ports, operator, committee.id, range, signal, pace);
    if (answer.type === 'answered') return answer;
    if (answer.type === 'lie') peers.blame(operator, answer.why);
    report({ type: 'history-answer', from: operator, outcome: answer.type, entries: 0, why: answer.why });
  }
  return null;
};
