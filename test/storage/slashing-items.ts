/**
 * Short hands for slashing items: keys and roots by number.
 */
import type { Epoch, Root, Slot } from '../../src/core/ids.ts';
import type { SlashingItem, SlashingVerdict } from '../../src/core/slashing/item.ts';

export const keyOf = (number: number): string => `0x${number.toString(16).padStart(96, '0')}`;
export const rootOf = (number: number): Root => `0x${number.toString(16).padStart(64, '0')}` as Root;

export const attestation = (of: {
  readonly key?: string;
  readonly source: number;
  readonly target: number;
  readonly root?: number;
}): SlashingItem => ({
  type: 'attestation',
  key: of.key ?? keyOf(1),
  source: of.source as Epoch,
  target: of.target as Epoch,
  signingRoot: rootOf(of.root ?? 1),
});

export const block = (of: {
  readonly key?: string;
  readonly slot: number;
  readonly root?: number;
}): SlashingItem => ({
  type: 'block',
  key: of.key ?? keyOf(1),
  slot: of.slot as Slot,
  signingRoot: rootOf(of.root ?? 1),
});

/** The rule of a refusal, the type of any other verdict. */
export const words = (verdicts: readonly SlashingVerdict[]): readonly string[] =>
  verdicts.map((verdict) => (verdict.type === 'slashable' ? verdict.rule : verdict.type));
