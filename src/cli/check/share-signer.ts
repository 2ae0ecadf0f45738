/**
 * Does the configured signer hold the shares that the cluster file gives this operator?
 *
 * Keystores are looked at without decrypting them (the node does that when it starts); a remote signer is asked for its keys.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { RunConfig } from '../../app/config.ts';
import { createDirkSigners } from '../../app/shares/remote-signers.ts';
import { type OperatorId, parseShareKey, type ShareKey } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { parseKeystore } from '../../signer/keystore/eip2335.ts';
import { listKeystores } from '../../signer/keystore/folder.ts';
import { doubtful, type Finding, good, reasonOf, wrong } from './finding.ts';

const answerBytesMax = 8 << 20;
const clockDriftMsMax = 2000;

export const sharesOf = (registry: Registry, self: OperatorId): readonly ShareKey[] =>
  [...registry.validators.values()].flatMap(({ shares }) => shares.get(self) ?? []);

export const checkShareSigner = async (
  config: RunConfig,
  needed: readonly ShareKey[],
): Promise<readonly Finding[]> => {
  switch (config.signer) {
    case 'keystore':
      return checkKeystores(config, needed);
    case 'web3signer':
      return checkWeb3Signers(config, needed);
    case 'dirk':
      return checkDirks(config, needed);
  }
};

const checkKeystores = async (
  config: RunConfig,
  needed: readonly ShareKey[],
): Promise<readonly Finding[]> => {
  const { keystoresDir = '', keystoresPasswordsDir = '', keystoresPasswordFile } = config;
  const listing = await listKeystores(
    keystoresDir,
    keystoresPasswordFile === undefined
      ? { type: 'folder', folder: keystoresPasswordsDir }
      : { type: 'file', file: keystoresPasswordFile },
  );
  const problems = listing.type === 'refused' ? [listing.problem] : listing.problems;
  const files = listing.type === 'refused' ? [] : listing.files;
  const unreadable = [...new Set(files.map(({ passwordPath }) => passwordPath))].filter(
    (path) => !existsSync(path),
  );
  return [
    ...problems.map(({ file, detail, nextStep }) => wrong(`signer: ${file}: ${detail}\n${nextStep}`)),
    ...unreadable.slice(0, 5).map((path) => wrong(`signer: ${path}: there is no such password file`)),
    ...missing(needed, new Set(files.map(({ path }) => keyIn(path))), keystoresDir),
  ];
};

/** The public key that a keystore names; null where it names none. */
const keyIn = (path: string): ShareKey | null => {
  const parsed = parseKeystore(readFileSync(path, 'utf8'));
  return parsed.type === 'keystore' ? parsed.keystore.publicKey : null;
};

const missing = (
  needed: readonly ShareKey[],
  held: ReadonlySet<unknown>,
  place: string,
): readonly Finding[] => {
  const lacking = needed.filter((share) => !held.has(share));
  return lacking.length === 0
    ? [good(`signer: ${place} holds all ${needed.length} shares of this operator`)]
    : [
        wrong(
          `signer: ${place} lacks ${lacking.length} of ${needed.length} shares of this operator, the first is ${lacking[0]}`,
        ),
      ];
};

const checkDirks = async (config: RunConfig, needed: readonly ShareKey[]): Promise<readonly Finding[]> => {
  const held = new Set<unknown>();
  const findings: Finding[] = [];
  // Nothing is signed here, so there is nothing to verify.
  for (const { place, signer } of createDirkSigners(config, async () => [])) {
    await using stopped = signer;
    try {
      const keys = await stopped.keys(AbortSignal.timeout(config.signerTimeoutMs));
      for (const key of keys) held.add(key);
      findings.push(good(`signer: ${place} answers with ${keys.length} keys`));
    } catch (error) {
      findings.push(wrong(`signer: ${place}: ${reasonOf(error)}`));
    }
  }
  return [...findings, ...missing(needed, held, `Dirk at ${config.dirkEndpoint.join(', ')}`)];
};

const checkWeb3Signers = async (
  config: RunConfig,
  needed: readonly ShareKey[],
): Promise<readonly Finding[]> => {
  const held = new Set<unknown>();
  const findings: Finding[] = [];
  for (const url of config.signerUrl) {
    try {
      const { keys, aheadMs } = await askWeb3Signer(config, url);
      for (const key of keys) held.add(key);
      findings.push(good(`signer: ${url} answers with ${keys.length} keys`));
      if (Math.abs(aheadMs) > clockDriftMsMax) {
        findings.push(
          doubtful(
            `clock: differs from that of ${url} by ${Math.round(Math.abs(aheadMs) / 1000)} s; run a time service on both`,
          ),
        );
      }
    } catch (error) {
      findings.push(wrong(`signer: ${url} cannot be asked for its keys: ${reasonOf(error)}`));
    }
  }
  return [...findings, ...missing(needed, held, config.signerUrl.join(', '))];
};

const askWeb3Signer = async (
  config: RunConfig,
  url: string,
): Promise<{ readonly keys: readonly (ShareKey | null)[]; readonly aheadMs: number }> => {
  const read = (path: string | undefined) => (path === undefined ? {} : { value: readFileSync(path) });
  const ca = read(config.signerTlsCaFile).value;
  const cert = read(config.signerTlsCertFile).value;
  const key = read(config.signerTlsKeyFile).value;
  const agent = new Agent({
    connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
    maxResponseSize: answerBytesMax,
  });
  try {
    const { statusCode, headers, body } = await request(new URL('/api/v1/eth2/publicKeys', url), {
      dispatcher: agent,
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(config.signerTimeoutMs),
    });
    const keys: unknown = await body.json();
    if (statusCode !== 200 || !Array.isArray(keys))
      throw new Error(`answered ${statusCode} with something else`);
    const date = Date.parse(String(headers.date));
    // The Date header counts whole seconds: on average it is half a second behind.
    return { keys: keys.map(parseShareKey), aheadMs: Number.isNaN(date) ? 0 : date + 500 - Date.now() };
  } finally {
    await agent.destroy();
  }
};
