/**
 * What we ask a downstream Web3Signer, read back by our own parser and judged by Web3Signer's rule for domains.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Network, PresetName } from '../../../src/core/eth2/network.ts';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import { parseSignRequest } from '../../../src/core/eth2/request.ts';
import type { SignableType } from '../../../src/core/eth2/signable.ts';
import { messageEpochOf, rootsOf } from '../../../src/core/eth2/signing-root.ts';
import { computeDomain, type DomainType } from '../../../src/core/eth2/slots.ts';
import type { Root } from '../../../src/core/ids.ts';
import { everyFork } from './networks.ts';
import { signableArbitraries } from './signables.ts';

interface Rendered {
  readonly type: string;
  readonly signingRoot: string;
  readonly fork_info?: {
    readonly fork: {
      readonly previous_version: string;
      readonly current_version: string;
      readonly epoch: string;
    };
    readonly genesis_validators_root: Root;
  };
}

const presets: readonly PresetName[] = ['mainnet', 'minimal', 'gnosis'];

for (const preset of presets) {
  const network: Network = everyFork(preset, 'gloas');
  const arbitraries = signableArbitraries(network);
  for (const type of Object.keys(arbitraries) as readonly SignableType[]) {
    test(`${preset}: a rendered ${type} reads back as the same signable with the same roots`, () => {
      fc.assert(
        fc.property(arbitraries[type], (signable) => {
          const roots = rootsOf(network, signable);
          const wire: unknown = JSON.parse(JSON.stringify(renderWeb3Signer(network, signable, roots)));
          assert.deepEqual(parseSignRequest(network, wire), { type: 'request', signable, roots });
        }),
        { numRuns: 30 },
      );
    });
  }
}

test('the fork_info we render gives our domain under Web3Signer’s rule', () => {
  const network = everyFork('minimal', 'gloas');
  fc.assert(
    fc.property(fc.oneof(...Object.values(signableArbitraries(network))), (signable) => {
      const roots = rootsOf(network, signable);
      const { fork_info: forkInfo } = renderWeb3Signer(network, signable, roots) as Rendered;
      const epoch = messageEpochOf(network, signable);
      assert.equal(forkInfo === undefined, epoch === null);
      if (forkInfo === undefined || epoch === null) return;
      const { fork } = forkInfo;
      const version = epoch < Number(fork.epoch) ? fork.previous_version : fork.current_version;
      const type = roots.domain.slice(0, 10) as DomainType;
      assert.equal(computeDomain(type, version, forkInfo.genesis_validators_root), roots.domain);
    }),
    { numRuns: 300 },
  );
});

test('aggregates are bare before Electra, and wrapped with their version from Electra on', () => {
  const network = everyFork('minimal', 'gloas');
  const seen = new Set<string>();
  fc.assert(
    fc.property(signableArbitraries(network).aggregate, (signable) => {
      assert(signable.type === 'aggregate');
      const body = renderWeb3Signer(network, signable, rootsOf(network, signable)) as Rendered & {
        readonly aggregate_and_proof: { readonly version?: string };
      };
      const epoch = Math.floor(signable.slot / 8);
      const version = epoch < 50 ? undefined : epoch < 60 ? 'ELECTRA' : epoch < 70 ? 'FULU' : 'GLOAS';
      assert.equal(body.type, version === undefined ? 'AGGREGATE_AND_PROOF' : 'AGGREGATE_AND_PROOF_V2');
      assert.equal(body.aggregate_and_proof.version, version);
      seen.add(version ?? 'bare');
    }),
    { numRuns: 100 },
  );
  assert.equal(seen.size, 4);
});
