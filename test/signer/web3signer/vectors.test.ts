/**
 * Our requests against the examples of Web3Signer's own OpenAPI file: parsed, asked for again, and compared field by field.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { renderWeb3Signer } from '../../../src/core/eth2/render.ts';
import { parseSignRequest } from '../../../src/core/eth2/request.ts';
import type { ShareKey, ValidatorKey } from '../../../src/core/ids.ts';
import { verifyPartials } from '../../../src/core/threshold/combine.ts';
import { createWeb3Signer } from '../../../src/signer/web3signer/web3signer.ts';
import { exampleNetwork } from '../../core/eth2/networks.ts';
import { absent, readVectors } from '../../core/eth2/vectors.ts';
import { keys, never, verifies } from '../contract.ts';
import { startDouble } from './double.ts';

type Body = Readonly<Record<string, unknown>> & { readonly type: string; readonly signingRoot: string };
interface Example {
  readonly name: string;
  readonly request: Body;
}

const examples = readVectors('web3signer/sign-examples.json') as readonly Example[] | null;
const [share] = keys as [ShareKey];

/** What is signed, without how it is wrapped: blocks by their header, aggregates bare. */
const payloadOf = ({ type: _type, signingRoot: _root, fork_info: _fork, ...rest }: Body): unknown => {
  const [payload] = Object.values(rest) as readonly Readonly<Record<string, unknown>>[];
  return payload?.data ?? payload?.block_header ?? payload;
};

test('what Web3Signer documents is what we send', { skip: examples === null && absent }, async () => {
  await using double = await startDouble(null, exampleNetwork);
  await using signer = createWeb3Signer({
    url: double.url,
    timeoutMs: 5000,
    render: (signable, roots) => renderWeb3Signer(exampleNetwork, signable, roots),
    verify: async (check) => verifyPartials([check])[0] === true,
  });
  const seen = new Set<string>();
  for (const { name, request } of examples ?? []) {
    const parsed = parseSignRequest(exampleNetwork, request);
    // Numbers that no chain has, roots that are wrong in the file: see the tests of the parser.
    if (parsed.type !== 'request') continue;
    const { signable, roots } = parsed;
    const signature = await signer.sign(
      { share, validator: share as string as ValidatorKey, signable, roots },
      never,
    );
    assert.ok(verifies(signature, roots.signingRoot, share), name);
    const body = double.bodies.at(-1) as Body;
    assert.equal(body.signingRoot, request.signingRoot, name);
    if (signable.type !== 'block')
      assert.deepEqual(payloadOf(body), payloadOf(request), inspect({ name, body, request }, { depth: 9 }));
    seen.add(signable.type);
  }
  assert.ok(seen.size >= 9, `only ${[...seen]} were compared`);
});
