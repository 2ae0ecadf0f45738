/**
 * The configuration of `quorate observe`: a node that listens to a cluster without an operator's key.
 */
import { runVariables } from '../config.ts';
import { historyProperties } from '../history/history-options.ts';
import { optional, optionsOf, type Settings } from '../settings/option.ts';
import { type Given, type Read, readSettings } from '../settings/read-settings.ts';
import { networkProperties, p2pProperties, watchingProperties } from '../settings/shared-options.ts';
import { observersProblems, observersProperties } from './guest-options.ts';

const general = optionsOf('General');
const network = optionsOf('Network and cluster');
const peers = optionsOf('Peers');

export const observeSchema = {
  'config-file': optional(general.text('FILE', 'YAML or JSON file with any of these options as keys')),
  'data-dir': general.text(
    'DIR',
    "Folder of the decided history and of this node's network key; must survive restarts",
    {
      default: './observer-data',
    },
  ),
  ...networkProperties,
  'cluster-file': network.text('FILE', "The operators' cluster file, YAML or JSON"),
  ...p2pProperties('observers'),
  'p2p-peers': peers.list(
    'MULTIADDR,...',
    'Other nodes to listen to and to ask beside the operators of the cluster file, such as other observers',
    { default: [], maxItems: 16 },
  ),
  ...observersProperties(32),
  'history-epochs': historyProperties['history-epochs'],
  'history-max-mb': historyProperties['history-max-mb'],
  ...watchingProperties,
};

export type ObserveConfig = Settings<typeof observeSchema>;

/** Reads the options of `quorate observe`; problems are sentences. */
export const readObserveConfig = (given: Given): Read<typeof observeSchema> => {
  const read = readSettings(observeSchema, { ...given, elsewhere: runVariables });
  if (read.type === 'problems') return read;
  const problems = [
    ...read.rest.map((word) => `${word.slice(0, 60)}: is not an option of this command`),
    ...observersProblems(read.settings),
    ...read.settings.p2pPeers
      .filter((address) => !address.startsWith('/'))
      .map(() => '--p2p-peers: must be multiaddrs, such as /dns4/observer.example/tcp/16000'),
  ];
  return problems.length > 0 ? { type: 'problems', problems } : read;
};
