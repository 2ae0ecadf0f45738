/**
 * Import of share keystores into a signer over the keymanager API: `POST /eth/v1/keystores` of Web3Signer or `quorate signer`.
 *
 * Asking again is harmless: a key that is there already is a `duplicate`, which is as good as imported.
 */
import type { ShareKey } from '../../core/ids.ts';
import { SignerFailed } from '../../workflow/ports.ts';
import { excerpt, keysOf } from './answer.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface KeystoreItem {
  /** Text of an EIP-2335 file. */
  readonly keystore: string;
  readonly password: string;
}

export interface ItemStatus {
  readonly status: 'imported' | 'duplicate' | 'error';
  /** What the signer said, fit for a terminal. */
  readonly message: string;
}

export interface KeystoreImporter extends AsyncDisposable {
  /** In the order of the items. `slashingProtection`: an interchange file (EIP-3076). Rejects with SignerFailed. */
  import(
    items: readonly KeystoreItem[],
    slashingProtection: string | null,
    signal: AbortSignal,
  ): Promise<readonly ItemStatus[]>;
  /** The keys that it signs with. Rejects with SignerFailed. */
  keys(signal: AbortSignal): Promise<readonly ShareKey[]>;
}

const path = '/eth/v1/keystores';
const ANSWER_MAX = 1024 * 1024;
const KEYS_ANSWER_MAX = 16 * 1024 * 1024;
const statuses: ReadonlySet<unknown> = new Set<ItemStatus['status']>(['imported', 'duplicate', 'error']);

export const createKeystoreImporter = (options: TransportOptions): KeystoreImporter => {
  const transport = createTransport(options);
  return {
    async import(items, slashingProtection, signal) {
      const action = `import ${items.length} share keystores`;
      const body = {
        keystores: items.map(({ keystore }) => keystore),
        passwords: items.map(({ password }) => password),
        ...(slashingProtection === null ? {} : { slashing_protection: slashingProtection }),
      };
      const { status, text } = await transport.ask(action, path, body, ANSWER_MAX, signal);
      if (status !== 200) throw refusal(action, status, text);
      const list = statusesOf(text);
      if (list?.length === items.length) return list;
      throw new SignerFailed(
        'unavailable',
        `${action}: the signer's answer is not a status for each keystore`,
      );
    },
    async keys(signal) {
      const action = 'list the keys of the signer';
      const reply = await transport.ask(action, '/api/v1/eth2/publicKeys', null, KEYS_ANSWER_MAX, signal);
      const keys = reply.status === 200 ? keysOf(reply.text) : null;
      if (keys !== null) return keys;
      throw new SignerFailed('unavailable', `${action}: it answered ${reply.status}, or with something else`);
    },
    [Symbol.asyncDispose]: () => transport.close(),
  };
};

/** Null for anything else than the list that the API has. */
const statusesOf = (text: string): readonly ItemStatus[] | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not the API's answer, whatever it is.
    return null;
  }
  const data = typeof value === 'object' && value !== null && 'data' in value ? value.data : null;
  if (!Array.isArray(data)) return null;
  const list = data.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('status' in entry) || !statuses.has(entry.status))
      return [];
    const message = 'message' in entry && typeof entry.message === 'string' ? excerpt(entry.message) : '';
    return [{ status: entry.status as ItemStatus['status'], message }];
  });
  return list.length === data.length ? list : null;
};

const refusal = (action: string, status: number, text: string): SignerFailed =>
  new SignerFailed(
    status === 400 ? 'refused' : 'unavailable',
    `${action}: the signer answered ${status} (${excerpt(text)}): ${hintOf(status)}`,
  );

const hintOf = (status: number): string => {
  switch (status) {
    case 400:
      return 'nothing of this request was imported';
    case 401:
    case 403:
      return 'it wants a token, or another one: --signer-token-file; or this host is not on its allow list';
    case 404:
      return 'it has no keymanager API: start Web3Signer with --key-manager-api-enabled, quorate signer with --keymanager-enabled';
    default:
      return 'see its log; importing again is harmless';
  }
};
