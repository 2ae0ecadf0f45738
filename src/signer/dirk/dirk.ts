/**
 * A share signer behind Dirk: gRPC with client certificates, shares as accounts of its wallets.
 *
 * Dirk keeps a record of attestations and proposals of its own and denies a root that it has signed before. So every answer is
 * kept, a call goes on when its caller has gone, and a root whose signature is here is never asked for again. An answer that
 * was lost for good is told as that and not as a refusal, so that a standby may sign instead.
 */
import type { PartialCheck } from '../../core/threshold/job.ts';
import { type ShareSigner, type ShareTask, SignerFailed } from '../../workflow/ports.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { createAccounts } from './accounts.ts';
import { failureOf, faultOf } from './answer.ts';
import { type ChannelOptions, createChannel } from './channel.ts';
import { createDirkClient } from './client.ts';
import { createKept } from './kept.ts';

export interface DirkOptions extends ChannelOptions {
  /** Wallets, or wallet/regular expression of account names. */
  readonly wallets: readonly string[];
  /** How long a caller waits. Calls to Dirk live on for a while behind it. */
  readonly timeoutMs: number;
  /** Whether a signature verifies under its share key: the combiner's verifyPartials for one, away from this thread. */
  readonly verify: (check: PartialCheck) => Promise<boolean>;
  /** Monotonic ms; performance.now unless given. */
  readonly now?: () => number;
}

/** Some 8 MB: the duties of thousands of validators for an epoch. */
const KEPT_MAX = 20_000;

const actionOf = ({ signable, share }: ShareTask): string => `sign ${signable.type} with share ${share}`;

export const createDirkSigner = (options: DirkOptions): ShareSigner & AsyncDisposable => {
  const { endpoint, timeoutMs } = options;
  const channel = createChannel(options);
  const signOnce = createSignOnce(options, createDirkClient(channel, options));
  const kept = createKept(KEPT_MAX);
  let isClosed = false;

  /** Waits as long as the caller has patience; the work itself goes on. */
  const waitFor = async <T>(action: string, start: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (isClosed) throw new SignerFailed('unavailable', `${action}: this signer is closed`);
    const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      both.throwIfAborted();
      return await unlessAborted(start(), both);
    } catch (cause) {
      if (cause instanceof SignerFailed || !both.aborted) throw faultOf(action, cause);
      const why = signal.aborted ? 'given up by the caller' : `no answer within ${timeoutMs} ms`;
      throw new SignerFailed('timeout', `${action}: Dirk at ${endpoint}: ${why}`, { cause });
    }
  };

  return {
    sign: (task, signal) =>
      waitFor(
        actionOf(task),
        () => kept.once(`${task.share} ${task.roots.signingRoot}`, () => signOnce.sign(task)),
        signal,
      ),
    keys: (signal) =>
      waitFor('list the share keys', async () => [...(await signOnce.accounts.read()).keys()], signal),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      channel.close();
    },
  };
};

/** Signs without keeping anything; throws SignerFailed. */
const createSignOnce = (options: DirkOptions, client: ReturnType<typeof createDirkClient>) => {
  const { endpoint, wallets, verify } = options;
  const accounts = createAccounts(() => client.list(), options.now ?? (() => performance.now()));
  const sign = async (task: ShareTask): Promise<Uint8Array> => {
    const action = actionOf(task);
    const { share, signable, roots } = task;
    try {
      if (!(await accounts.has(share))) throw unlisted(action, endpoint, wallets);
      const { response, wasLost } = await client.sign(task);
      const failure = failureOf(response.state, action, signable.type, wasLost);
      if (failure !== null) throw failure;
      const { signature } = response;
      if (signature.length === 96 && (await verify({ share, signingRoot: roots.signingRoot, signature })))
        return signature;
    } catch (cause) {
      throw faultOf(action, cause);
    }
    throw new SignerFailed(
      'bad-signature',
      `${action}: Dirk's signature does not verify under the share key`,
    );
  };
  return { accounts, sign };
};

const unlisted = (action: string, endpoint: string, wallets: readonly string[]): SignerFailed =>
  new SignerFailed(
    'unknown-key',
    `${action}: Dirk at ${endpoint} shows no such account in ${wallets.join(', ')}; it reads its wallets when it starts, ` +
      'and shows what the client may "Access account"',
  );
