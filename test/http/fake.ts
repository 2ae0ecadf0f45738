/**
 * A server with fake dependencies: signs everything with a fixed signature unless told otherwise.
 */
import { fromHex } from '../../src/core/bytes.ts';
import { networkByName } from '../../src/core/eth2/load-network.ts';
import type { ShareKey } from '../../src/core/ids.ts';
import type { HttpDeps, SignTask } from '../../src/http/deps.ts';
import type { Keymanager } from '../../src/http/keymanager/deps.ts';
import {
  createHttpServer,
  defaultServerOptions,
  type HttpServer,
  type ServerOptions,
} from '../../src/http/server.ts';
import type { ReportEvent } from '../../src/workflow/report.ts';

const hoodi = networkByName('hoodi');
if (hoodi === null) throw new Error('hoodi is a known network');
export const network = hoodi;

export const signatureHex = `0x${'8f'.repeat(96)}`;
export const keyHex = `0x${'93'.repeat(48)}`;

export const token = 'a-token-that-nobody-guesses';
const interchange = '{"metadata":{},"data":[]}';

/** One key, which cannot be told from any other; a validator whose policy the cluster file sets. */
export const fakeKeymanager: Keymanager = {
  token,
  keystores: {
    list: async () => [{ key: keyHex as ShareKey, isReadonly: false, shareOf: null }],
    import: async (items) => ({ type: 'done', statuses: items.map(() => ({ status: 'imported' })) }),
    delete: async (keys) => ({
      statuses: keys.map(() => ({ status: 'deleted' })),
      slashingProtection: interchange,
    }),
  },
  policies: {
    read: (validator) =>
      (validator as string) === keyHex
        ? {
            feeRecipient: { value: `0x${'ab'.repeat(20)}`, isOwn: false },
            gasLimit: { value: null, isOwn: false },
          }
        : null,
    change: () => {},
  },
};

export interface Fake {
  readonly server: HttpServer;
  readonly asked: { readonly validator: string; readonly task: SignTask; readonly signal: AbortSignal }[];
  readonly events: ReportEvent[];
}

export const createFake = (deps: Partial<HttpDeps> = {}, options: Partial<ServerOptions> = {}): Fake => {
  const asked: Fake['asked'] = [];
  const events: ReportEvent[] = [];
  const sign: HttpDeps['sign'] = async () => ({ type: 'signed', signature: fromHex(signatureHex) });
  const server = createHttpServer(
    {
      network,
      publicKeys: () => ({ type: 'ready', keys: [keyHex] }),
      health: () => ({ status: 'UP', checks: [{ id: 'default-check', status: 'UP' }], outcome: 'UP' }),
      reload: () => 'accepted',
      reloadStatus: () => ({ status: 'idle' }),
      report: (event) => events.push(event),
      keymanager: fakeKeymanager,
      ...deps,
      sign: (validator, task, signal) => {
        asked.push({ validator, task, signal });
        return (deps.sign ?? sign)(validator, task, signal);
      },
    },
    { ...defaultServerOptions, port: 0, ...options },
  );
  return { server, asked, events };
};

/** A request that needs no fork_info. */
export const registration = {
  type: 'VALIDATOR_REGISTRATION',
  validator_registration: {
    fee_recipient: `0x${'ab'.repeat(20)}`,
    gas_limit: '60000000',
    timestamp: '1790000000',
    pubkey: keyHex,
  },
};

export const signUrl = `/api/v1/eth2/sign/${keyHex}`;
export const local = { host: 'localhost:9000' };
