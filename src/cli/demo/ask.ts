/**
 * Asks operators as their validator clients would, and verifies what comes back with a library that Quorate does not use.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { fromHex } from '../../core/bytes.ts';
import type { Root, ValidatorKey } from '../../core/ids.ts';
import type { DemoCluster } from './cluster.ts';
import type { DemoRequest } from './requests.ts';

export interface Row {
  readonly type: string;
  /** One entry an operator that was asked: null where its signature verified, else what went wrong. */
  readonly failures: readonly (string | null)[];
  /** From the first request to the last answer. */
  readonly tookMs: number;
}

/** The domain separation tag of Ethereum's signatures. */
const dst = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';

const verify = (validator: ValidatorKey, signingRoot: Root, signature: string): boolean => {
  const { longSignatures } = bls12_381;
  const message = longSignatures.hash(fromHex(signingRoot, 32), dst);
  return longSignatures.verify(fromHex(signature, 96), message, fromHex(validator, 48));
};

const askOne = async (
  port: number,
  validator: ValidatorKey,
  request: DemoRequest,
): Promise<{ readonly signature: string } | string> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/eth2/sign/${validator}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(request.body),
      signal: AbortSignal.timeout(10_000),
    });
    const body = await response.text();
    return response.ok ? (JSON.parse(body) as { signature: string }) : `${response.status} ${body}`;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
};

export const askAll = async (
  cluster: DemoCluster,
  operators: readonly number[],
  validator: ValidatorKey,
  request: DemoRequest,
): Promise<Row> => {
  const startedMs = performance.now();
  const answers = await Promise.all(
    operators.map((id) => askOne(cluster.httpPortOf(id), validator, request)),
  );
  const tookMs = performance.now() - startedMs;
  const checked = new Map<string, boolean>();
  const failures = answers.map((answer) => {
    if (typeof answer === 'string') return answer;
    const known = checked.get(answer.signature) ?? verify(validator, request.signingRoot, answer.signature);
    checked.set(answer.signature, known);
    return known ? null : 'the signature does not verify';
  });
  return { type: request.type, failures, tookMs };
};
