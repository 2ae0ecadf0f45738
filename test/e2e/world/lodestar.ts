/**
 * Lodestar's processes: one beacon node, which also runs the validators that are not ours, and one validator client per
 * operator. Flags are those of @chainsafe/lodestar 1.5.1; nothing of it is changed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child, Supervisor } from './supervisor.ts';

export const lodestarFolder = fileURLToPath(new URL('../lodestar', import.meta.url));
/** Lodestar 1.5.1 runs on Node 20 only, so its folder brings one. */
export const lodestarNode = join(lodestarFolder, 'node_modules/node/bin/node');

export interface Chain {
  readonly folder: string;
  readonly slotSeconds: number;
  /** Unix time in seconds. */
  readonly genesisTime: number;
  readonly validators: number;
  /** Validators from 0 to this number, exclusive, belong to the beacon node; the rest to the operators. */
  readonly localValidators: number;
  readonly restPort: number;
  readonly p2pPort: number;
  readonly enginePort: number;
}

const parameters = (chain: Chain): string[] => [
  ...['--params.SECONDS_PER_SLOT', String(chain.slotSeconds), '--params.ALTAIR_FORK_EPOCH', '0'],
  ...['--params.BELLATRIX_FORK_EPOCH', '0', '--params.CAPELLA_FORK_EPOCH', '0'],
];

const launch = (
  supervisor: Supervisor,
  chain: Chain,
  name: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Child => {
  // A folder of its own for each process: `dev` writes its genesis state into the working directory.
  const cwd = join(chain.folder, name);
  mkdirSync(cwd, { recursive: true });
  return supervisor.start({
    name,
    command: lodestarNode,
    args: [join(lodestarFolder, 'node_modules/.bin/lodestar'), ...args, ...parameters(chain)],
    cwd,
    env: { LODESTAR_PRESET: 'minimal', NODE_OPTIONS: '' },
    ...(onLine === undefined ? {} : { onLine }),
  });
};

export const beaconUrl = (chain: Chain): string => `http://127.0.0.1:${chain.restPort}`;

export const startBeaconNode = (supervisor: Supervisor, chain: Chain): Child => {
  const jwtFile = join(chain.folder, 'jwt.hex');
  writeFileSync(jwtFile, `0x${'11'.repeat(32)}`);
  return launch(supervisor, chain, 'beacon-node', [
    ...['dev', '--dataDir', 'data', '--genesisValidators', String(chain.validators)],
    ...['--genesisTime', String(chain.genesisTime), '--startValidators', `0..${chain.localValidators - 1}`],
    ...[
      '--rest',
      '--rest.namespace',
      '*',
      '--rest.address',
      '127.0.0.1',
      '--rest.port',
      String(chain.restPort),
    ],
    ...[
      '--listenAddress',
      '127.0.0.1',
      '--port',
      String(chain.p2pPort),
      '--discv5',
      'false',
      '--eth1',
      'false',
    ],
    ...['--execution.urls', `http://127.0.0.1:${chain.enginePort}`, '--jwt-secret', jwtFile],
    // The validators inside `dev` look for their beacon node at port 9596 unless told otherwise.
    ...['--beaconNodes', beaconUrl(chain)],
  ]);
};

/** `onLine` gets the client's log, one JSON object per line. */
export const startValidatorClient = (
  supervisor: Supervisor,
  chain: Chain,
  operator: number,
  signerUrl: string,
  onLine: (line: string) => void,
): Child =>
  launch(
    supervisor,
    chain,
    `validator-client-${operator}`,
    [
      ...['validator', '--network', 'dev', '--dataDir', 'data', '--beaconNodes', beaconUrl(chain)],
      ...['--externalSigner.url', signerUrl, '--externalSigner.fetch', '--graffiti', `operator ${operator}`],
      ...['--suggestedFeeRecipient', `0x${'ab'.repeat(20)}`, '--logFormat', 'json', '--logLevel', 'debug'],
    ],
    onLine,
  );
