/**
 * The options of --signer dirk, and what must hold between them.
 */
import { optional, optionsOf } from '../settings/option.ts';

const signer = optionsOf("Who holds this operator's key shares");

export const dirkProperties = {
  'dirk-endpoint': signer.list(
    'HOST:PORT,...',
    'Dirks that hold the shares, the primary first; the next signs where one before it is down',
    { default: [], maxItems: 16 },
  ),
  'dirk-wallets': signer.list(
    'WALLET,...',
    'Their wallets with the shares, or WALLET/REGEX for the accounts in one that match',
    { default: [] },
  ),
  'dirk-ca-file': optional(signer.text('FILE', 'PEM CA certificate that vouches for Dirk')),
  'dirk-cert-file': optional(
    signer.text('FILE', 'PEM client certificate; its common name is the client in the permissions of Dirk'),
  ),
  'dirk-key-file': optional(signer.text('FILE', 'PEM private key of that certificate')),
  'dirk-server-name': signer.list(
    'NAME,...',
    'DNS name in the certificate of Dirk where that is not the host of its endpoint: one for all, or one each',
    { default: [], maxItems: 16 },
  ),
};

interface DirkSettings {
  readonly signer: string;
  readonly dirkEndpoint: readonly string[];
  readonly dirkWallets: readonly string[];
  readonly dirkCaFile?: string;
  readonly dirkCertFile?: string;
  readonly dirkKeyFile?: string;
  readonly dirkServerName: readonly string[];
}

const isEndpoint = (text: string): boolean => {
  const url = URL.parse(`https://${text}`);
  return url !== null && url.host === text && url.port !== '';
};

/** Sentences; none where all is well. */
export const dirkProblems = (config: DirkSettings): readonly string[] => {
  const { dirkEndpoint, dirkWallets, dirkServerName } = config;
  if (config.signer !== 'dirk')
    return dirkEndpoint.length > 0 ? ['--dirk-endpoint is for --signer dirk only'] : [];
  const lacking = [
    [dirkEndpoint.length > 0, '--dirk-endpoint is missing: where Dirk listens, host:port'],
    [dirkWallets.length > 0, '--dirk-wallets is missing: the wallets in Dirk that hold the shares'],
    [config.dirkCaFile !== undefined, '--dirk-ca-file is missing: the CA certificate that vouches for Dirk'],
    [config.dirkCertFile !== undefined, '--dirk-cert-file is missing: the client certificate shown to Dirk'],
    [
      config.dirkKeyFile !== undefined,
      '--dirk-key-file is missing: the private key of the client certificate',
    ],
    [dirkEndpoint.every(isEndpoint), '--dirk-endpoint: must be host:port, such as dirk-1.example.com:13141'],
    [
      [0, 1, dirkEndpoint.length].includes(dirkServerName.length),
      '--dirk-server-name: give one name for all endpoints, or one for each',
    ],
  ] as const;
  return lacking.filter(([holds]) => !holds).map(([, problem]) => problem);
};

/** The name in the certificate of the endpoint at this place; undefined for the host itself. */
export const serverNameAt = ({ dirkServerName }: DirkSettings, at: number): string | undefined =>
  dirkServerName[dirkServerName.length === 1 ? 0 : at];
