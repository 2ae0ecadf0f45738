/**
 * A sign request of the Web3Signer API, from parsed JSON to what is signed and its roots.
 *
 * The roots are always our own: computed from the payload and our network. What the client says about them (signingRoot,
 * fork_info) can only make us refuse, since a client on another network, or with other rules, could not use our signature.
 */
import { isHexOf } from '../bytes.ts';
import type { Epoch } from '../ids.ts';
import type { Network } from './network.ts';
import { payloadReaders, unsettledTypes } from './payload.ts';
import type { Signable, SigningRoots } from './signable.ts';
import { messageEpochOf, rootsOf } from './signing-root.ts';
import { forkAt } from './slots.ts';
import { bigUint, hex, part, root } from './ssz/fields.ts';
import { BadJson, type JsonObject, readObject } from './ssz/json.ts';

export interface Refusal {
  /**
   * malformed: not a request of this API. root-mismatch: the client computed another signing root. wrong-network: the client
   * is on another chain or fork schedule. unsupported: understood, but not signed here.
   */
  readonly type: 'malformed' | 'root-mismatch' | 'wrong-network' | 'unsupported';
  /** A sentence; of the request it repeats checked hex only. */
  readonly detail: string;
}

export type SignRequest =
  | { readonly type: 'request'; readonly signable: Signable; readonly roots: SigningRoots }
  | Refusal;

/** `body` is parsed JSON. Never throws. */
export const parseSignRequest = (network: Network, body: unknown): SignRequest => {
  try {
    return parse(network, readObject(body, 'the request'));
  } catch (problem) {
    if (problem instanceof BadJson) return { type: 'malformed', detail: problem.message };
    throw problem;
  }
};

const parse = (network: Network, body: JsonObject): SignRequest => {
  const { type: given } = body;
  const type = typeof given === 'string' ? given.toUpperCase() : '';
  const read = payloadReaders.get(type);
  if (read === undefined) return noReader(type);
  const signable = read(network, body);
  if (signable.type === 'unsupported') return signable;
  const refusal = judgeNetwork(network, signable, body);
  if (refusal !== null) return refusal;
  const roots = rootsOf(network, signable);
  return judgeRoot(body, roots) ?? { type: 'request', signable, roots };
};

const noReader = (type: string): Refusal => {
  if (unsettledTypes.has(type))
    return { type: 'unsupported', detail: `the sign type ${type} is not supported` };
  return {
    type: 'malformed',
    detail: type === '' ? 'type is missing' : 'type is not a sign type of this API',
  };
};

const judgeRoot = (body: JsonObject, roots: SigningRoots): Refusal | null => {
  for (const key of ['signingRoot', 'signing_root']) {
    const given = Object.hasOwn(body, key) ? body[key] : undefined;
    if (given === undefined || given === null) continue;
    if (!isHexOf(given, 32)) throw new BadJson(key, 'is not 0x-hex of 32 bytes');
    if (given.toLowerCase() !== roots.signingRoot) {
      return {
        type: 'root-mismatch',
        detail: `the request's signing root is ${given.toLowerCase()}, its content has ${roots.signingRoot}`,
      };
    }
  }
  return null;
};

/** Deposits and registrations depend on the genesis fork version alone; a fork_info beside them means nothing (Nimbus sends one). */
const judgeNetwork = (network: Network, signable: Signable, body: JsonObject): Refusal | null => {
  if (signable.type === 'registration') return null;
  if (signable.type === 'deposit') {
    return signable.genesisForkVersion === network.genesisForkVersion
      ? null
      : wrongNetwork(
          network,
          'genesis fork version',
          signable.genesisForkVersion,
          network.genesisForkVersion,
        );
  }
  const forkInfo = part(body, 'fork_info', '');
  const given = root(forkInfo, 'genesis_validators_root', 'fork_info');
  if (given !== network.genesisValidatorsRoot) {
    return wrongNetwork(network, 'genesis validators root', given, network.genesisValidatorsRoot);
  }
  const epoch = messageEpochOf(network, signable);
  // Clients disagree on the fork of an exit (EIP-7044), and all of them sign it under the same version.
  return epoch === null || signable.type === 'exit' ? null : judgeFork(network, forkInfo, epoch);
};

/**
 * The version that the client's fork gives to the message must be ours. Only the version counts: fork.epoch is the epoch of
 * the fork with some clients and the epoch of the message with others.
 */
const judgeFork = (network: Network, forkInfo: JsonObject, epoch: Epoch): Refusal | null => {
  const path = 'fork_info.fork';
  const fork = part(forkInfo, 'fork', 'fork_info');
  const previous = hex(fork, 'previous_version', path, 4);
  const current = hex(fork, 'current_version', path, 4);
  const since = bigUint(fork, 'epoch', path);
  const given = BigInt(epoch) < since ? previous : current;
  const ours = forkAt(network, epoch).version;
  return given === ours ? null : wrongNetwork(network, `fork version at epoch ${epoch}`, given, ours);
};

const wrongNetwork = (network: Network, what: string, given: string, ours: string): Refusal => ({
  type: 'wrong-network',
  detail: `the request's ${what} is ${given}, but ${network.name} has ${ours}`,
});
