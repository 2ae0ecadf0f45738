/**
 * Validator clients: one of each operator, keep-alive, up to 100 connections, one POST for each signature.
 *
 * Every answer is held against the others': all that sign the same must be equal, and of each asking some are verified.
 */
import { PublicKey, Signature, verify } from '@chainsafe/blst';
import { Pool } from 'undici';
import type { DemoCluster } from '../../../src/cli/demo/cluster.ts';
import { fromHex } from '../../../src/core/bytes.ts';
import type { Root, ValidatorKey } from '../../../src/core/ids.ts';
import type { Parameters } from '../figures.ts';
import { type Answers, Broken } from '../harness.ts';

/** What one validator signs; `body` is JSON text. */
export interface Errand {
  readonly validator: ValidatorKey;
  readonly signingRoot: Root;
  readonly body: string;
}

/** ms from the start of asking, of the answers that came; in order of arrival. */
export interface Asked {
  readonly timesMs: readonly number[];
  readonly missing: number;
}

export interface Clients extends AsyncDisposable {
  /** All errands of these operators' clients at once. */
  ask(operators: readonly number[], errands: readonly Errand[]): Promise<Asked>;
  answers(name: string, parameters: Parameters): Answers;
}

/** Of each asking so many signatures are verified; equality with the others' covers all operators. */
const verifiedMax = 4;
const patienceMs = 30_000;

interface Answer {
  readonly operator: number;
  readonly errand: Errand;
  readonly signature: string;
}

const headers = { accept: 'application/json', 'content-type': 'application/json' };

const signatureOf = (text: string): string => {
  const { signature } = JSON.parse(text) as { signature?: unknown };
  if (typeof signature !== 'string') throw new Broken(`an answer without a signature: ${text.slice(0, 200)}`);
  return signature;
};

const verifies = ({ errand, signature }: Answer): boolean =>
  verify(
    fromHex(errand.signingRoot, 32),
    PublicKey.fromBytes(fromHex(errand.validator, 48), true),
    Signature.fromBytes(fromHex(signature, 96), true),
    false,
    true,
  );

/** Throws Broken. Returns how many were verified. */
const check = (answers: readonly Answer[]): number => {
  const first = new Map<Errand, Answer>();
  for (const answer of answers) {
    const known = first.get(answer.errand);
    if (known === undefined) first.set(answer.errand, answer);
    else if (known.signature !== answer.signature)
      throw new Broken(`operators ${known.operator} and ${answer.operator} answer with different signatures`);
  }
  const distinct = [...first.values()];
  const step = Math.max(1, Math.ceil(distinct.length / verifiedMax));
  const sample = distinct.filter((_, at) => at % step === 0);
  for (const answer of sample)
    if (!verifies(answer)) throw new Broken(`operator ${answer.operator} answers with a false signature`);
  return sample.length;
};

export const createClients = (cluster: DemoCluster): Clients => {
  const pools = new Map(
    cluster.operators.map((id) => [
      id,
      new Pool(`http://127.0.0.1:${cluster.httpPortOf(id)}`, {
        connections: 100,
        headersTimeout: patienceMs,
        bodyTimeout: patienceMs,
      }),
    ]),
  );
  const counts = { asked: 0, answered: 0, verified: 0 };
  let firstProblem: string | null = null;

  const askOne = async (operator: number, errand: Errand): Promise<Answer | string> => {
    try {
      const path = `/api/v1/eth2/sign/${errand.validator}`;
      const response = await (pools.get(operator) as Pool).request({
        method: 'POST',
        path,
        headers,
        body: errand.body,
      });
      const text = await response.body.text();
      if (response.statusCode !== 200) return `operator ${operator}: ${response.statusCode} ${text}`;
      return { operator, errand, signature: signatureOf(text) };
    } catch (cause) {
      if (cause instanceof Broken) throw cause;
      return `operator ${operator}: ${cause instanceof Error ? cause.message : String(cause)}`;
    }
  };

  return {
    async ask(operators, errands) {
      const timesMs: number[] = [];
      const good: Answer[] = [];
      const startedMs = performance.now();
      const one = async (operator: number, errand: Errand): Promise<void> => {
        const answer = await askOne(operator, errand);
        if (typeof answer === 'string') {
          firstProblem ??= answer.slice(0, 300);
          return;
        }
        timesMs.push(performance.now() - startedMs);
        good.push(answer);
      };
      await Promise.all(operators.flatMap((id) => errands.map((errand) => one(id, errand))));
      const asked = operators.length * errands.length;
      counts.asked += asked;
      counts.answered += good.length;
      counts.verified += check(good);
      return { timesMs, missing: asked - good.length };
    },
    answers: (name, parameters) => ({ name, parameters, ...counts, firstProblem }),
    async [Symbol.asyncDispose]() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
};
