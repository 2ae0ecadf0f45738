/**
 * The certificates with which a command talks to a signer, from the files that its options name.
 */
import { readFileSync } from 'node:fs';
import { codeOf } from '../../signer/keystore/folder.ts';
import type { Tls } from '../../signer/web3signer/transport.ts';
import { CommandFailed } from '../command.ts';

interface TlsFiles {
  readonly signerTlsCaFile?: string;
  readonly signerTlsCertFile?: string;
  readonly signerTlsKeyFile?: string;
}

/** Throws CommandFailed where a file cannot be read. */
export const tlsOf = ({ signerTlsCaFile, signerTlsCertFile, signerTlsKeyFile }: TlsFiles): Tls => ({
  ...(signerTlsCaFile === undefined ? {} : { ca: read(signerTlsCaFile) }),
  ...(signerTlsCertFile === undefined ? {} : { cert: read(signerTlsCertFile) }),
  ...(signerTlsKeyFile === undefined ? {} : { key: read(signerTlsKeyFile) }),
});

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandFailed(`${path} cannot be read (${codeOf(cause)})`, { cause });
  }
};
