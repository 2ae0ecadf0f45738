/**
 * Slashing protection as a list that is scanned: the conditions of EIP-3076 as they are written there, nothing else.
 *
 * Obviously right rather than fast. For other rooms' tests, and as the model that the stored one is compared with.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SlashingItem, SlashingVerdict } from '../../src/core/slashing/item.ts';
import type { SlashingProtection } from '../../src/workflow/ports.ts';

type Rule = Extract<SlashingVerdict, { readonly type: 'slashable' }>['rule'];

/** `signed` is the history, in the order of signing; tests may read it. */
export const createModelSlashing = (signed: SlashingItem[] = []): SlashingProtection => {
  const recordInto = (history: SlashingItem[], items: readonly SlashingItem[]): readonly SlashingVerdict[] =>
    items.map((item) => {
      const verdict = judge(item, history);
      if (verdict.type === 'safe') history.push(item);
      return verdict;
    });
  return {
    record: (items) => recordInto(signed, items),
    judge: (items) => recordInto([...signed], items),
  };
};

const judge = (item: SlashingItem, history: readonly SlashingItem[]): SlashingVerdict => {
  if (item.type === 'attestation' && item.source > item.target) return slashable('source-after-target');
  const own = history.filter((earlier) => earlier.key === item.key);
  if (own.some((earlier) => isDeepStrictEqual(earlier, item))) return { type: 'same-data' };
  const rule = item.type === 'block' ? blockRule(item, own) : attestationRule(item, own);
  return rule === null ? { type: 'safe' } : slashable(rule);
};

const slashable = (rule: Rule): SlashingVerdict => ({
  type: 'slashable',
  rule,
  detail: `the fake says ${rule}`,
});

const blockRule = (
  item: Extract<SlashingItem, { readonly type: 'block' }>,
  own: readonly SlashingItem[],
): Rule | null => {
  const blocks = own.filter((earlier) => earlier.type === 'block');
  if (blocks.some((earlier) => earlier.slot === item.slot)) return 'double-block';
  if (blocks.length > 0 && item.slot <= Math.min(...blocks.map((earlier) => earlier.slot)))
    return 'below-minimum';
  return null;
};

const attestationRule = (
  item: Extract<SlashingItem, { readonly type: 'attestation' }>,
  own: readonly SlashingItem[],
): Rule | null => {
  const votes = own.filter((earlier) => earlier.type === 'attestation');
  if (votes.some((earlier) => earlier.target === item.target)) return 'double-vote';
  if (votes.some((earlier) => item.source < earlier.source && earlier.target < item.target))
    return 'surrounds';
  if (votes.some((earlier) => earlier.source < item.source && item.target < earlier.target))
    return 'surrounded';
  if (votes.length === 0) return null;
  if (item.source < Math.min(...votes.map((earlier) => earlier.source))) return 'below-minimum';
  if (item.target <= Math.min(...votes.map((earlier) => earlier.target))) return 'below-minimum';
  return null;
};
