/**
 * Dirk's services as typed calls: the accounts it shows, and its answers to share tasks, each by the endpoint of its type.
 *
 * A call whose answer was lost with its connection is made once more. Dirk signs again what it keeps no record of, and what it
 * had not yet recorded; where it had, it denies, so an answer says whether an earlier one was lost. What answers mean is left
 * to answer.ts.
 */
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { ShareKey } from '../../core/ids.ts';
import type { ShareTask } from '../../workflow/ports.ts';
import { createBatches } from '../batches.ts';
import { createGate } from '../gate.ts';
import { sharesIn } from './accounts.ts';
import { type Channel, ChannelFailed } from './channel.ts';
import { Lister, ResponseState, Signer, type SignResponse } from './dirk-pb.ts';
import { attestationRequest, genericRequest, proposalRequest } from './requests.ts';

/** A response, and whether an earlier one was lost on the way. */
export interface Answered<Response> {
  readonly response: Response;
  readonly wasLost: boolean;
}

export interface DirkClient {
  /** Account names by share, of all wallets that are known there and permitted. */
  list(): Promise<ReadonlyMap<ShareKey, string>>;
  /** Attestations of one turn of the event loop go together. */
  sign(task: ShareTask): Promise<Answered<SignResponse>>;
}

export interface DirkClientOptions {
  readonly wallets: readonly string[];
  readonly timeoutMs: number;
}

/** Calls at once, apart from batches of attestations. */
const CALLS_MAX = 32;
const BATCHES_MAX = 4;
const BATCH_MAX = 128;
/** In its caller's timeouts: how long a call may live, and when later calls neither trust its connection nor wait for it. */
const [LATE, DISTRUST] = [3, 0.5];

type Call = <Method extends DescMethodUnary>(
  method: Method,
  request: MessageInitShape<Method['input']>,
) => Promise<Answered<MessageShape<Method['output']>>>;

const createCall =
  (channel: Channel, timeoutMs: number): Call =>
  async (method, request) => {
    const path = `/${method.parent.typeName}/${method.name}`;
    const message = toBinary(method.input, create(method.input, request));
    const once = async () => {
      const answer = await channel.call(path, message, timeoutMs * DISTRUST, timeoutMs * LATE);
      return fromBinary(method.output, answer) as MessageShape<typeof method.output>;
    };
    try {
      return { response: await once(), wasLost: false } as never;
    } catch (error) {
      if (!(error instanceof ChannelFailed) || error.failure !== 'lost') throw error;
      return { response: await once(), wasLost: true } as never;
    }
  };

const signAttestations = async (
  call: Call,
  tasks: readonly ShareTask[],
): Promise<readonly Answered<SignResponse>[]> => {
  const requests = tasks.map((task) => {
    if (task.signable.type !== 'attestation') throw new TypeError('only attestations come in batches');
    return attestationRequest(task, task.signable);
  });
  const [only, ...others] = requests;
  if (only === undefined) return [];
  if (others.length === 0) return [await call(Signer.method.signBeaconAttestation, only)];
  const { response, wasLost } = await call(Signer.method.signBeaconAttestations, { requests });
  const { responses } = response;
  if (responses.length !== tasks.length)
    throw new Error(`${responses.length} answers to ${tasks.length} requests`);
  // One that may not be signed at all keeps Dirk from judging the others: these have no result, and go again without it.
  const unjudged = tasks.filter((_, at) => responses[at]?.state === ResponseState.UNKNOWN);
  const again = unjudged.length < tasks.length ? [...(await signAttestations(call, unjudged))] : [];
  return responses.map(
    (one) => (one.state === ResponseState.UNKNOWN ? again.shift() : undefined) ?? { response: one, wasLost },
  );
};

export const createDirkClient = (channel: Channel, { wallets, timeoutMs }: DirkClientOptions): DirkClient => {
  const call = createCall(channel, timeoutMs);
  const gate = createGate(CALLS_MAX, timeoutMs * DISTRUST);
  const attestations = createBatches<ShareTask, Answered<SignResponse>>({
    keyOf: ({ share }) => share,
    send: (tasks) => signAttestations(call, tasks),
    sizeMax: BATCH_MAX,
    batchesMax: BATCHES_MAX,
    patienceMs: timeoutMs * DISTRUST,
  });
  return {
    async list() {
      const { response } = await call(Lister.method.listAccounts, { paths: [...wallets] });
      const shares = response.state === ResponseState.SUCCEEDED ? sharesIn(response) : null;
      if (shares === null) throw new Error('its answer is not a list of accounts');
      return shares;
    },
    sign(task) {
      const { signable } = task;
      switch (signable.type) {
        case 'attestation':
          return attestations.add(task);
        case 'block':
          return gate.run(() => call(Signer.method.signBeaconProposal, proposalRequest(task, signable)));
        default:
          return gate.run(() => call(Signer.method.sign, genericRequest(task)));
      }
    },
  };
};
