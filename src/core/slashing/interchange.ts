/**
 * The slashing protection interchange format, version 5 (EIP-3076): values and rendering. Reading is in parse-interchange.ts.
 */
import type { Root } from '../ids.ts';
import { watermarkOf } from './merge.ts';
import { type AttestationRecord, type BlockRecord, beyond, type KeyHistory } from './record.ts';

export interface Interchange {
  readonly genesisValidatorsRoot: Root;
  /** One per key, whatever the file repeats. */
  readonly histories: readonly KeyHistory[];
}

/** The minimal form: one attestation with the highest source and target, one block with the highest slot, no roots. */
export const minimise = (history: KeyHistory): KeyHistory => {
  const watermark = watermarkOf(history.attestations);
  const highest = history.blocks.reduce((slot, block) => Math.max(slot, block.slot), -1);
  return {
    key: history.key,
    blocks: highest < 0 ? [] : [{ slot: highest, signingRoot: null }],
    attestations: watermark === null ? [] : [watermark],
  };
};

/** The file in pieces, one per key, so that a long history is never one string. Keys must not repeat. */
export function* renderInterchange(
  genesisValidatorsRoot: Root,
  histories: Iterable<KeyHistory>,
): Generator<string> {
  const metadata = { interchange_format_version: '5', genesis_validators_root: genesisValidatorsRoot };
  yield `{"metadata":${JSON.stringify(metadata)},"data":[`;
  let separator = '\n';
  for (const history of histories) {
    yield separator + JSON.stringify(historyJson(history));
    separator = ',\n';
  }
  yield '\n]}\n';
}

const historyJson = ({ key, blocks, attestations }: KeyHistory): object => ({
  pubkey: key,
  signed_blocks: blocks.map(blockJson),
  signed_attestations: attestations.map(attestationJson),
});

const blockJson = ({ slot, signingRoot }: BlockRecord): object => ({
  slot: uint64(slot),
  ...rootJson(signingRoot),
});

const attestationJson = ({ source, target, signingRoot }: AttestationRecord): object => ({
  source_epoch: uint64(source),
  target_epoch: uint64(target),
  ...rootJson(signingRoot),
});

const rootJson = (root: Root | null): object => (root === null ? {} : { signing_root: root });

// The exact number behind `beyond` is gone. The highest uint64 refuses at least as much as whatever it was.
const uint64 = (value: number): string => (value >= beyond ? '18446744073709551615' : String(value));
