/**
 * A certificate authority for a demonstration, and what it vouches for, made with the openssl command.
 *
 * Dirk knows a client by its certificate's common name, and a client knows Dirk by the DNS name in the certificate.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandFailed } from '../../command.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  readonly caFile: string;
  /** For one that listens under this DNS name. */
  server(name: string): Promise<Certificate>;
  /** For one that calls itself this. */
  client(name: string): Promise<Certificate>;
}

const run = promisify(execFile);

const openssl = async (...argv: readonly string[]): Promise<void> => {
  try {
    await run('openssl', argv);
  } catch (cause) {
    throw new CommandFailed(
      `openssl ${argv[0]} failed; certificates are made with it: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
};

export const createAuthority = async (dir: string): Promise<Authority> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const [caFile, caKey] = [join(dir, 'ca.crt'), join(dir, 'ca.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign',
  ];
  await openssl(
    ...[
      'req',
      '-x509',
      ...key,
      '-keyout',
      caKey,
      '-out',
      caFile,
      '-days',
      '2',
      '-subj',
      '/CN=demo authority',
    ],
    ...authority,
  );
  const issue = async (name: string, usage: string): Promise<Certificate> => {
    const path = (ending: string): string => join(dir, `${usage}-${name}.${ending}`);
    await writeFile(path('ext'), `subjectAltName=DNS:${name}\nextendedKeyUsage=${usage}\n`);
    await openssl('req', ...key, '-keyout', path('key'), '-out', path('csr'), '-subj', `/CN=${name}`);
    await openssl(
      ...[
        'x509',
        '-req',
        '-in',
        path('csr'),
        '-CA',
        caFile,
        '-CAkey',
        caKey,
        '-CAcreateserial',
        '-days',
        '2',
      ],
      ...['-extfile', path('ext'), '-out', path('crt')],
    );
    return { certFile: path('crt'), keyFile: path('key') };
  };
  return {
    caFile,
    server: (name) => issue(name, 'serverAuth'),
    client: (name) => issue(name, 'clientAuth'),
  };
};
