/**
 * Who has spoken for what in one duty: the count behind rule 4 of core/duty/value-check.ts.
 *
 * An operator speaks for a value by proposing, preparing or committing it, or by a hint that its client asked for it. An
 * honest operator without a request of its own speaks only after f + 1 others have, so f + 1 voices hold at least one honest
 * operator whose client asked. Values of a validator's own duties differ between clients by nature; there a hint for any
 * value tells that the duty exists and counts for all of them.
 */
import { digest } from '@chainsafe/as-sha256';
import { toHex } from '../core/bytes.ts';
import type { DecidedRole } from '../core/duty/duty.ts';
import type { OperatorId } from '../core/ids.ts';

/** What one operator may say in a duty: three messages a round, in at most 12 rounds, and a hint. */
const rootsMax = 40;

export interface Voices {
  /** `root` is sha256 of the value. */
  speak(operator: OperatorId, root: Uint8Array): void;
  /** Counts once for an operator: false for any further one. The caller has judged the value. */
  hint(operator: OperatorId, value: Uint8Array): boolean;
  isVouched(value: Uint8Array): boolean;
  /** f + 1 operators have spoken or hinted, for whatever value: an honest one among them has a reason. */
  areEnough(): boolean;
  /** A value that enough hints carry for a leader without an own one to propose it in this round, or null. */
  hintedValue(round: number): Uint8Array | null;
}

export const createVoices = (role: DecidedRole, faulty: number): Voices => {
  const speakers = new Map<string, Set<OperatorId>>();
  const hints = new Map<OperatorId, { readonly value: Uint8Array; readonly root: string }>();
  const roots = new Map<OperatorId, number>();
  const everyone = new Set<OperatorId>();
  const isShared = role === 'attestation' || role === 'sync-message';

  const add = (operator: OperatorId, root: string): void => {
    everyone.add(operator);
    const count = roots.get(operator) ?? 0;
    if (count >= rootsMax) return;
    roots.set(operator, count + 1);
    const known = speakers.get(root);
    if (known === undefined) speakers.set(root, new Set([operator]));
    else known.add(operator);
  };
  const voicesFor = (root: string): number => {
    const all = new Set(speakers.get(root));
    if (!isShared) for (const operator of hints.keys()) all.add(operator);
    return all.size;
  };

  return {
    speak: (operator, root) => add(operator, toHex(root)),
    hint: (operator, value) => {
      // The first hint stands: an operator has one client and one word per duty.
      if (hints.has(operator)) return false;
      const root = toHex(digest(value));
      hints.set(operator, { value, root });
      add(operator, root);
      return true;
    },
    isVouched: (value) => voicesFor(toHex(digest(value))) > faulty,
    areEnough: () => everyone.size > faulty,
    hintedValue: (round) => {
      const all = [...hints].sort(([a], [b]) => a - b).map(([, hint]) => hint);
      if (all.length <= faulty) return null;
      // By turns, not by arrival: whoever is first must not be heard in every round.
      if (!isShared) return all[round % all.length]?.value ?? null;
      return (
        all.find(({ root }) => all.filter((other) => other.root === root).length > faulty)?.value ?? null
      );
    },
  };
};
