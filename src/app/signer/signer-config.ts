/**
 * The configuration of `quorate signer`: one operator's keystores behind the Web3Signer API.
 */
import { runVariables } from '../config.ts';
import { optional, optionsOf, type Settings } from '../settings/option.ts';
import { type Given, type Read, readSettings } from '../settings/read-settings.ts';
import {
  httpProperties,
  keymanagerProperties,
  keystoreProblems,
  keystoreProperties,
  tlsProblems,
  watchingProperties,
} from '../settings/shared-options.ts';

const general = optionsOf('General');
const network = optionsOf('Network');

export const signerSchema = {
  'config-file': optional(general.text('FILE', 'YAML or JSON file with any of these options as keys')),
  'data-dir': general.text('DIR', 'Folder of the slashing protection database; must survive restarts', {
    default: './signer-data',
  }),
  'shutdown-grace-ms': general.integer('MS', 'How long running requests may finish after SIGTERM', {
    default: 5000,
    minimum: 0,
    maximum: 120_000,
  }),
  network: network.text('NAME', 'mainnet, hoodi, sepolia, gnosis or chiado', { default: 'mainnet' }),
  'network-file': optional(network.text('FILE', 'Description of a custom network; wins over the name')),
  ...keystoreProperties,
  ...httpProperties,
  ...keymanagerProperties,
  ...watchingProperties,
};

export type SignerConfig = Settings<typeof signerSchema>;

/** Reads the options of `quorate signer`; problems are sentences. */
export const readSignerConfig = (given: Given): Read<typeof signerSchema> => {
  const read = readSettings(signerSchema, { ...given, elsewhere: runVariables });
  if (read.type === 'problems') return read;
  const problems = [
    ...read.rest.map((word) => `${word.slice(0, 60)}: is not an option of this command`),
    ...tlsProblems(read.settings),
    ...keystoreProblems(read.settings),
  ];
  return problems.length > 0 ? { type: 'problems', problems } : read;
};
