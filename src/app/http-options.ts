/**
 * From configuration to the options of the HTTP servers: reads certificates and allow lists.
 */
import { readFileSync } from 'node:fs';
import type { Outcome } from '../core/registry/cluster.ts';
import { defaultServerOptions, type ServerOptions } from '../http/server.ts';
import type { ClientCertificates, TlsOptions } from '../http/tls.ts';
import type { RunConfig } from './config.ts';

type HttpConfig = Pick<
  RunConfig,
  | 'httpHost'
  | 'httpPort'
  | 'httpHostAllowlist'
  | 'tlsCertFile'
  | 'tlsKeyFile'
  | 'tlsClientCaFile'
  | 'tlsKnownClients'
  | 'shutdownGraceMs'
>;

/** Problems begin with the path of the file. */
export const httpOptionsOf = (config: HttpConfig): Outcome<ServerOptions> => {
  try {
    return {
      type: 'ok',
      value: {
        ...defaultServerOptions,
        host: config.httpHost,
        port: config.httpPort,
        hosts: config.httpHostAllowlist,
        drainMs: config.shutdownGraceMs,
        tls: tlsOf(config),
      },
    };
  } catch (error) {
    if (error instanceof FileProblem) return { type: 'problems', problems: [error.message] };
    throw error;
  }
};

class FileProblem extends Error {
  override readonly name = 'FileProblem';
}

const tlsOf = ({
  tlsCertFile,
  tlsKeyFile,
  tlsClientCaFile,
  tlsKnownClients,
}: HttpConfig): TlsOptions | null => {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return null;
  const caPem = tlsClientCaFile === undefined ? null : readText(tlsClientCaFile);
  const known = tlsKnownClients === undefined ? null : parseKnownClients(tlsKnownClients, caPem !== null);
  const clients: ClientCertificates | null =
    caPem === null && known === null
      ? null
      : {
          mode: 'required',
          caPem,
          commonNames: known?.commonNames ?? [],
          fingerprints: known?.fingerprints ?? [],
        };
  return { certPem: readText(tlsCertFile), keyPem: readText(tlsKeyFile), clients };
};

type KnownClients = Pick<ClientCertificates, 'commonNames' | 'fingerprints'>;

/**
 * One client a line: `name sha256-fingerprint`, as Web3Signer has it, or a common name alone, which needs a client CA.
 * Empty lines and lines that begin with # are skipped.
 */
const parseKnownClients = (path: string, hasCa: boolean): KnownClients => {
  const lines = readText(path)
    .split('\n')
    .map((line, at) => ({ words: line.trim().split(/\s+/), at: at + 1 }))
    .filter(({ words }) => words[0] !== '' && !words[0]?.startsWith('#'));
  const fingerprints: string[] = [];
  const commonNames: string[] = [];
  for (const { words, at } of lines) {
    const [name, fingerprint, ...more] = words;
    if (more.length > 0 || name === undefined)
      throw new FileProblem(`${path}: line ${at} is not "name fingerprint"`);
    if (fingerprint === undefined && !hasCa) {
      throw new FileProblem(`${path}: line ${at} has a name only, which needs --tls-client-ca-file`);
    }
    if (fingerprint !== undefined && !/^(?:[0-9a-fA-F]{2}:?){32}$/.test(fingerprint)) {
      throw new FileProblem(
        `${path}: line ${at}: a fingerprint is the SHA-256 of the certificate, 32 bytes of hex`,
      );
    }
    if (fingerprint === undefined) commonNames.push(name);
    else fingerprints.push(fingerprint);
  }
  if (lines.length === 0) throw new FileProblem(`${path}: lists no client, so that none could connect`);
  return { fingerprints, commonNames };
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new FileProblem(
      `${path}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
};
