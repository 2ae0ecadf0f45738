/** Slashing protection in memory: the definitions of EIP-3076 over a list. Survives a simulated crash. */
import type { SlashingItem, SlashingVerdict } from '../../../src/core/slashing/item.ts';
import type { SlashingProtection } from '../../../src/workflow/ports.ts';

const collide = (one: SlashingItem, other: SlashingItem): SlashingVerdict | null => {
  if (one.key !== other.key || one.type !== other.type) return null;
  if (one.type === 'block' && other.type === 'block') {
    if (one.slot !== other.slot) return null;
    return one.signingRoot === other.signingRoot
      ? { type: 'same-data' }
      : { type: 'slashable', rule: 'double-block', detail: '' };
  }
  if (one.type !== 'attestation' || other.type !== 'attestation') return null;
  if (one.target === other.target) {
    return one.signingRoot === other.signingRoot
      ? { type: 'same-data' }
      : { type: 'slashable', rule: 'double-vote', detail: '' };
  }
  if (one.source < other.source && one.target > other.target)
    return { type: 'slashable', rule: 'surrounds', detail: '' };
  if (one.source > other.source && one.target < other.target)
    return { type: 'slashable', rule: 'surrounded', detail: '' };
  return null;
};

export const createModelSlashing = (): SlashingProtection & { readonly items: readonly SlashingItem[] } => {
  const items: SlashingItem[] = [];
  const judge = (item: SlashingItem): SlashingVerdict => {
    if (item.type === 'attestation' && item.source > item.target) {
      return { type: 'slashable', rule: 'source-after-target', detail: '' };
    }
    const found = items.map((earlier) => collide(item, earlier)).filter((verdict) => verdict !== null);
    return found.find((verdict) => verdict.type === 'slashable') ?? found[0] ?? { type: 'safe' };
  };
  return {
    items,
    judge: (asked) => asked.map(judge),
    record: (asked) =>
      asked.map((item) => {
        const verdict = judge(item);
        if (verdict.type === 'safe') items.push(item);
        return verdict;
      }),
  };
};
