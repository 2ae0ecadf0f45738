/**
 * This machine: Node, folders, files that should be private, ports, the clock.
 */
import { constants, existsSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { RunConfig } from '../../app/config.ts';
import type { Network } from '../../core/eth2/network.ts';
import { slotAt, slotStartMs } from '../../core/eth2/slots.ts';
import { doubtful, type Finding, good, reasonOf, wrong } from './finding.ts';

const nodeNeeded = [24, 11] as const;

export const checkNodeVersion = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > nodeNeeded[0] || (major === nodeNeeded[0] && minor >= nodeNeeded[1]);
  return enough
    ? good(`Node ${version}`)
    : wrong(`Node ${version} is too old: ${nodeNeeded.join('.')} or later is needed`);
};

/** Without a time service to ask, a person has to compare. */
export const checkClock = (network: Network, nowMs: number): Finding => {
  if (nowMs < network.genesisTimeMs) {
    return wrong(
      `clock: it is ${new Date(nowMs).toISOString()} here, before the genesis of ${network.name} at ${new Date(network.genesisTimeMs).toISOString()}`,
    );
  }
  const slot = slotAt(network, nowMs);
  const into = ((nowMs - slotStartMs(network, slot)) / 1000).toFixed(1);
  return good(
    `clock: ${new Date(nowMs).toISOString()}, ${network.name} is in slot ${slot}, ${into} s into it (compare with an explorer)`,
  );
};

export const checkDataDir = async (path: string): Promise<Finding> => {
  const place = existsSync(path) ? path : dirname(path);
  try {
    await access(place, constants.W_OK);
    return good(existsSync(path) ? `data folder ${path} can be written` : `data folder ${path} will be made`);
  } catch (error) {
    return wrong(`data folder: ${reasonOf(error)}`);
  }
};

/** Nothing to say where a secret is readable by its owner only. */
export const checkPrivate = (paths: readonly (string | undefined)[]): readonly Finding[] =>
  paths.flatMap((path) => {
    const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || (stats.mode & 0o077) === 0) return [];
    return [doubtful(`${path} can be read by other users of this machine: chmod 600 it, a folder 700`)];
  });

export const checkPorts = async (config: RunConfig): Promise<readonly Finding[]> => {
  const wanted = [
    { what: 'validator client', host: config.httpHost, port: config.httpPort },
    ...(config.metricsEnabled
      ? [{ what: 'metrics', host: config.metricsHost, port: config.metricsPort }]
      : []),
    ...config.p2pListen.map((address) => {
      const [, , host, , port] = address.split('/');
      return { what: 'peers', host: host ?? '', port: Number(port) };
    }),
  ];
  return Promise.all(
    wanted.map(async ({ what, host, port }) => {
      const failure = await listenOnce(host, port);
      if (failure === null) return good(`port ${port} on ${host} (${what}) is free`);
      return failure === 'EADDRINUSE'
        ? doubtful(
            `port ${port} on ${host} (${what}) is in use: fine if this node is running, else choose another`,
          )
        : wrong(`port ${port} on ${host} (${what}) cannot be listened on: ${failure}`);
    }),
  );
};

const listenOnce = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
