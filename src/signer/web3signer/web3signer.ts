/**
 * A share signer behind the Web3Signer API: `POST /api/v1/eth2/sign/<share key>`.
 *
 * The body is what a validator client would send; only the key in the path is the share's. It is asked after consensus, so its
 * slashing protection sees decided data only, and asking again for the same root is answered again. No one else checks what
 * it returns, so every signature is verified under the share key here.
 */
import type { Signable, SigningRoots } from '../../core/eth2/signable.ts';
import type { PartialCheck } from '../../core/threshold/job.ts';
import { type ShareSigner, SignerFailed } from '../../workflow/ports.ts';
import { excerpt, failureOf, keysOf, signatureOf } from './answer.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface Web3SignerOptions extends TransportOptions {
  /** The request body: renderWeb3Signer of core/eth2/render.ts with the network filled in. */
  readonly render: (signable: Signable, roots: SigningRoots) => object;
  /** Whether a signature verifies under its share key: the combiner's verifyPartials for one, away from this thread. */
  readonly verify: (check: PartialCheck) => Promise<boolean>;
}

const SIGNATURE_ANSWER_MAX = 16 * 1024;
/** 101 bytes for each key: more than a hundred thousand keys. */
const KEYS_ANSWER_MAX = 16 * 1024 * 1024;

export const createWeb3Signer = (options: Web3SignerOptions): ShareSigner & AsyncDisposable => {
  const { render, verify } = options;
  const transport = createTransport(options);
  return {
    async sign({ share, signable, roots }, signal) {
      const action = `sign ${signable.type} with share ${share}`;
      const path = `/api/v1/eth2/sign/${share}`;
      const reply = await transport.ask(action, path, render(signable, roots), SIGNATURE_ANSWER_MAX, signal);
      if (reply.status !== 200) throw failed(action, reply.status, reply.text);
      const signature = signatureOf(reply.text);
      if (signature === null) {
        throw new SignerFailed('bad-signature', `${action}: Web3Signer's answer is not a signature`);
      }
      if (!(await verify({ share, signingRoot: roots.signingRoot, signature }))) {
        throw new SignerFailed(
          'bad-signature',
          `${action}: Web3Signer's signature does not verify under the share key`,
        );
      }
      return signature;
    },
    async keys(signal) {
      const action = 'list the share keys';
      const reply = await transport.ask(action, '/api/v1/eth2/publicKeys', null, KEYS_ANSWER_MAX, signal);
      if (reply.status !== 200)
        throw new SignerFailed('unavailable', failed(action, reply.status, reply.text).message);
      const keys = keysOf(reply.text);
      if (keys === null)
        throw new SignerFailed('unavailable', `${action}: Web3Signer's answer is not a list of keys`);
      return keys;
    },
    [Symbol.asyncDispose]: () => transport.close(),
  };
};

const failed = (action: string, status: number, text: string): SignerFailed => {
  const { reason, hint } = failureOf(status);
  const said = excerpt(text);
  return new SignerFailed(
    reason,
    `${action}: Web3Signer answered ${status}${said === '' ? '' : ` (${said})`}: ${hint}`,
  );
};
