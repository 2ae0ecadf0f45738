/**
 * The seams of decided history: where it is kept, who is asked for it, and what learns from it.
 */

import type { Floor } from '../../core/history/caught-up.ts';
import type { Entry } from '../../core/history/entry.ts';
import type { HistoryPage, HistoryRequest, HistoryResponse } from '../../core/history/messages.ts';
import type { OperatorId, Slot } from '../../core/ids.ts';
import type { SlashingItem } from '../../core/slashing/item.ts';

/** Decisions and proofs on disk, beside the slashing database. Synchronous; all entries of a call or none. */
export interface DecidedLog {
  /**
   * Adds entries; proofs join those that are there, and a validator's own signature replaces partial ones. Where another value
   * is stored for a duty already, the stored one stays. Throws where nothing could be stored.
   */
  store(entries: readonly Entry[]): void;
  /** At least one entry where there is any; `bytesMax` ends the page. Asked for validators, an entry has their proofs only. */
  page(request: HistoryRequest, bytesMax: number): HistoryPage;
  /** The highest floor that was ever raised, null for none. Durable on return. */
  floor(): Floor | null;
  raiseFloor(floor: Floor): void;
  /** Forgets decisions before `slot`, and the oldest ones while the file is above its size. Returns how many went. */
  prune(before: Slot): number;
}

/**
 * Asks one operator, or whatever an observer calls those that it asks. Rejects where it is not connected, does not speak the
 * protocol, answers with no response, or on abort.
 */
export interface HistoryPeers<Who = OperatorId> {
  ask(who: Who, request: HistoryRequest, signal: AbortSignal): Promise<HistoryResponse>;
  /** It sent something that no honest node sends. */
  blame(who: Who, why: string): void;
}

/**
 * Slashing protection as a recovering node feeds it: all items or none, durable on return. Whatever was refused before stays
 * refused, and what contradicts an item is refused from now on, in whatever order items come.
 */
export interface SlashingFold {
  fold(items: readonly SlashingItem[]): void;
}
