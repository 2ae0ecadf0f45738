/**
 * The configuration of an operator's node: the options of `quorate run`, and what must hold between them.
 *
 * `quorate check` reads the same. Reading files that options name is left to the rooms that use them.
 */
import { join } from 'node:path';
import type { SignableType } from '../core/eth2/signable.ts';
import { historyProperties } from './history/history-options.ts';
import { observersProblems, observersProperties } from './observe/guest-options.ts';
import { optional, optionsOf, type Settings, variableOf } from './settings/option.ts';
import { type Given, type Read, readSettings } from './settings/read-settings.ts';
import {
  httpProperties,
  keymanagerProperties,
  keystoreProblems,
  keystoreProperties,
  networkProperties,
  operatorKeyProblems,
  p2pProperties,
  pkcs11Properties,
  signerTlsProperties,
  tlsProblems,
  watchingProperties,
} from './settings/shared-options.ts';
import { dirkProblems, dirkProperties } from './shares/dirk-options.ts';

const general = optionsOf('General');
const network = optionsOf('Network and cluster');
const signer = optionsOf("Who holds this operator's key shares");
const duties = optionsOf('Duties');
const watching = optionsOf('Logs and metrics');

/** How long a client waits for its answer at most; a duty goes on behind it, and a repeated request is served from it. */
const timeout = (what: string, fallback: number) =>
  duties.integer('MS', `Longest a request for ${what} waits for its answer`, {
    default: fallback,
    minimum: 100,
    maximum: 120_000,
  });

export const runSchema = {
  'config-file': optional(general.text('FILE', 'YAML or JSON file with any of these options as keys')),
  'data-dir': general.text('DIR', 'Folder of the databases; must survive restarts', { default: './data' }),
  'shutdown-grace-ms': general.integer('MS', 'How long running duties may finish after SIGTERM', {
    default: 10_000,
    minimum: 0,
    maximum: 120_000,
  }),
  ...networkProperties,
  'cluster-file': network.text('FILE', 'Operators and validators, YAML or JSON'),
  'operator-id': network.integer('ID', 'Which operator of the cluster file this node is', {
    minimum: 1,
    maximum: 0xffffffff,
  }),
  'operator-key-file': optional(
    network.text('FILE', "This operator's RSA private key, plain or encrypted; or it is in a token"),
  ),
  'operator-key-password-file': optional(network.text('FILE', 'Password of an encrypted operator key')),
  ...pkcs11Properties,
  ...httpProperties,
  ...keymanagerProperties,
  ...p2pProperties('operators'),
  ...observersProperties(8),
  signer: signer.choice(
    ['keystore', 'web3signer', 'dirk'],
    'Keystores in this process, a Web3Signer over HTTP, or a Dirk over gRPC',
    {
      default: 'keystore',
    },
  ),
  ...keystoreProperties,
  'signer-url': signer.list('URL,...', 'Web3Signers that hold the shares, the primary first', {
    default: [],
    maxItems: 16,
  }),
  'signer-timeout-ms': signer.integer('MS', 'Longest the share signer may take for one signature', {
    default: 2000,
    minimum: 100,
    maximum: 60_000,
  }),
  ...signerTlsProperties(signer, 'the Web3Signer'),
  ...dirkProperties,
  'value-check': duties.choice(
    ['strict', 'lenient'],
    "Whether others' attestation data must have the source and target that our own client asked for, where it asked",
    { default: 'strict' },
  ),
  'timeout-attestation-ms': timeout('an attestation', 2500),
  'timeout-block-ms': timeout('a block', 2500),
  'timeout-aggregate-ms': timeout('an aggregate', 2500),
  'timeout-sync-message-ms': timeout('a sync committee message', 2500),
  'timeout-contribution-ms': timeout('a sync committee contribution', 2500),
  'timeout-exchange-ms': timeout(
    'anything without consensus: RANDAO, selection proofs, registrations, exits, deposits',
    4000,
  ),
  'slashing-prune-epochs': duties.integer(
    'EPOCHS',
    'How many epochs of signed attestations and blocks slashing protection keeps',
    { default: 10_000, minimum: 512, maximum: 1_000_000 },
  ),
  ...historyProperties,
  ...watchingProperties,
  'log-follow': watching.list(
    'KEY,...',
    'Validator keys of which every event is logged, whatever the level',
    {
      default: [],
    },
  ),
};

export type RunConfig = Settings<typeof runSchema>;

/** The one database of a node: slashing protection and what else must survive a crash. */
export const databasePathOf = (dataDir: string): string => join(dataDir, 'quorate.sqlite');

/** How long a client waits at most for a signature of this type, in ms. */
export const timeoutMsOf = (config: RunConfig, type: SignableType): number => {
  switch (type) {
    case 'attestation':
      return config.timeoutAttestationMs;
    case 'block':
      return config.timeoutBlockMs;
    case 'aggregate':
      return config.timeoutAggregateMs;
    case 'sync-message':
      return config.timeoutSyncMessageMs;
    case 'contribution':
      return config.timeoutContributionMs;
    default:
      return config.timeoutExchangeMs;
  }
};

/** The variables of `quorate run`, for other commands to overlook. */
export const runVariables: readonly string[] = Object.keys(runSchema).map(variableOf);

/** Reads the options of `quorate run` and `quorate check`; problems are sentences. */
export const readRunConfig = (given: Given): Read<typeof runSchema> => {
  const read = readSettings(runSchema, given);
  if (read.type === 'problems') return read;
  const problems = [
    ...read.rest.map((word) => `${word.slice(0, 60)}: is not an option of this command`),
    ...observersProblems(read.settings),
    ...operatorKeyProblems(read.settings),
    ...tlsProblems(read.settings),
    ...signerProblems(read.settings),
    ...dirkProblems(read.settings),
  ];
  return problems.length > 0 ? { type: 'problems', problems } : read;
};

const signerProblems = (config: RunConfig): readonly string[] => {
  switch (config.signer) {
    case 'keystore':
      return [
        ...keystoreProblems(config),
        ...(config.signerUrl.length > 0 ? ['--signer-url is for --signer web3signer only'] : []),
      ];
    case 'dirk':
      return [
        ...(config.keystoresDir !== undefined ? ['--keystores-dir is for --signer keystore only'] : []),
        ...(config.signerUrl.length > 0 ? ['--signer-url is for --signer web3signer only'] : []),
      ];
    case 'web3signer':
      return [
        ...(config.signerUrl.length === 0 ? ['--signer-url is missing: where the Web3Signer listens'] : []),
        ...config.signerUrl
          .filter((url) => !isHttpUrl(url))
          .map(() => '--signer-url: must be an http or https URL without user or password'),
        ...(config.keystoresDir !== undefined ? ['--keystores-dir is for --signer keystore only'] : []),
        ...((config.signerTlsCertFile === undefined) !== (config.signerTlsKeyFile === undefined)
          ? ['--signer-tls-cert-file and --signer-tls-key-file go together: give both, or neither']
          : []),
      ];
  }
};

const isHttpUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
};
