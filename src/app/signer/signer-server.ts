/**
 * `quorate signer` put together: keystores, slashing protection, the HTTP face, metrics.
 *
 * It stands where an operator would run Web3Signer, so that the two-process shape needs nothing else installed.
 */

import { mkdirSync } from 'node:fs';
import { parseShareKey } from '../../core/ids.ts';
import type { Health, HealthCheck } from '../../http/deps.ts';
import { createHttpServer } from '../../http/server.ts';
import { openDatabase } from '../../storage/database.ts';
import { createSlashingProtection } from '../../storage/slashing-protection.ts';
import { createClock } from '../clock.ts';
import { loadNetwork } from '../cluster-file.ts';
import { databasePathOf } from '../config.ts';
import { httpOptionsOf } from '../http-options.ts';
import { openSignerKeymanager } from '../keymanager/open-keymanager.ts';
import { databaseCheck } from '../node-health.ts';
import { tidyMemory } from '../process/tidy-memory.ts';
import { createReloading } from '../reloading.ts';
import { createReporting, serveMetrics } from '../report/reporting.ts';
import { type KeystoreShares, openKeystoreShares } from '../shares/keystore-shares.ts';
import { orNothing, orStartFailed } from '../start-failed.ts';
import { softwareVersion } from '../version.ts';
import { createSignAlone } from './sign-alone.ts';
import type { SignerConfig } from './signer-config.ts';

export interface Signer extends AsyncDisposable {
  readonly httpPort: number;
  readonly metricsPort: number | null;
  /** As POST /reload. */
  reload(): void;
}

/** Throws StartFailed or StorageFailed; then nothing is left running. */
export const startSigner = (config: SignerConfig): Promise<Signer> =>
  orNothing((stack) => assemble(config, stack));

const assemble = async (config: SignerConfig, stack: AsyncDisposableStack): Promise<Signer> => {
  const { log, metrics, report } = createReporting(config, []);
  const named = config.networkFile === undefined ? [{ source: '--network', name: config.network }] : [];
  const network = orStartFailed(loadNetwork(named, config.networkFile));
  const httpOptions = orStartFailed(httpOptionsOf(config));
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const { genesisValidatorsRoot } = network;
  const database = stack.use(
    openDatabase({ path: databasePathOf(config.dataDir), create: true, genesisValidatorsRoot }),
  );
  if (database.isNew) {
    log.warn(
      { path: database.path },
      'made a new slashing protection database: if these keys have signed before, stop and import their history (quorate slashing import)',
    );
  }
  const describe = (shares: number): void =>
    metrics.describe({ operators: [], shares, validators: shares, committees: 0 });
  const keystores = stack.use(await openKeystoreShares(config, log, describe));
  const signAlone = createSignAlone({
    clock: createClock(),
    slashing: createSlashingProtection(database),
    shareSigner: keystores.shareSigner,
    holds: keystores.has,
    report,
  });
  // Nothing is served before all keys are there: clients drop what a list lacks.
  await keystores.opened;
  const reloading = createReloading(log, report, async () => {
    await keystores.reload();
    return keystores.problems();
  });
  const http = stack.use(
    createHttpServer(
      {
        network,
        sign: async (key, task, signal) => {
          const share = parseShareKey(key);
          return share === null ? { type: 'unknown-validator' } : signAlone(share, task, signal);
        },
        publicKeys: () => ({ type: 'ready', keys: keystores.keys() }),
        health: () => healthOf(keystores, database.whyDown()),
        reload: reloading.start,
        reloadStatus: reloading.status,
        report,
        answered: metrics.answered,
        ...openSignerKeymanager(config, keystores, database, log),
      },
      httpOptions,
    ),
  );
  tidyMemory();
  const { port: httpPort } = await http.listen();
  const metricsPort = await serveMetrics(config, stack, report, metrics.text);
  log.info(
    { http: `${config.httpHost}:${httpPort}`, metrics: metricsPort, network: network.name },
    `Quorate ${softwareVersion} signer`,
  );
  return {
    httpPort,
    metricsPort,
    reload: reloading.start,
    [Symbol.asyncDispose]: async () => {
      await stack.disposeAsync();
      log.info('stopped');
    },
  };
};

/** Web3Signer's tree. One keystore that cannot be used is an alarm, as its validator misses an operator. */
const healthOf = (keystores: KeystoreShares, databaseDown: string | null): Health => {
  const errors = keystores.problems().length;
  const keys: HealthCheck = {
    id: 'keys-check/keystores-bulk-loading',
    status: errors === 0 ? 'UP' : 'DOWN',
    data: { 'keys-loaded': keystores.keys().length, 'error-count': errors },
  };
  const checks = [databaseCheck(databaseDown), keys];
  const status = checks.every((check) => check.status === 'UP') ? 'UP' : 'DOWN';
  return { status, outcome: status, checks };
};
