/**
 * The network identity of this node: a libp2p private key in a file of the data directory.
 *
 * Made on the first start (secp256k1, so that an ENR may use the same key), read ever after. It only names the node on the
 * network; who the operator is, the RSA key proves in hello.ts. Losing the file costs a new peer id, and pins in other
 * operators' cluster files must then be changed.
 */
import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { fromHex, toHex } from '../core/bytes.ts';

export interface NetworkIdentity {
  readonly privateKey: PrivateKey;
  /** As it stands behind /p2p/ in an address. */
  readonly peerId: string;
  readonly file: string;
  /** True where this start made the key. */
  readonly created: boolean;
}

export const identityFileName = 'network.key';

/** The key file is unreadable, damaged, or open to others. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const decode = (text: string, file: string): PrivateKey => {
  try {
    const key = privateKeyFromProtobuf(fromHex(text.trim()));
    if (key.type === 'secp256k1' || key.type === 'Ed25519') return key;
  } catch (cause) {
    throw new IdentityError(
      `network key ${file} is damaged: restore it from a backup, or move it away and a new one is made (new peer id)`,
      { cause },
    );
  }
  throw new IdentityError(`network key ${file} is of an unsupported type: secp256k1 or Ed25519 is needed`);
};

const load = async (file: string): Promise<PrivateKey | null> => {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new IdentityError(`network key ${file} is open to other users: run chmod 600 ${file}`);
    }
    return decode(await readFile(file, 'utf8'), file);
  } catch (cause) {
    if (cause instanceof IdentityError) throw cause;
    if (hasCode(cause, 'ENOENT')) return null;
    throw new IdentityError(`cannot read network key ${file}: check that this user may read it`, { cause });
  }
};

/** Whole or not at all: written aside, synced, then linked under its name, which fails where another process was first. */
const store = async (file: string, key: PrivateKey): Promise<boolean> => {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(`${toHex(privateKeyToProtobuf(key))}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(aside, 0o600);
    await link(aside, file);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) return false;
    throw new IdentityError(`cannot write network key ${file}: check that the directory is writable`, {
      cause,
    });
  } finally {
    await unlink(aside).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }
};

/** The identity kept in `directory`, made there on the first start. Throws IdentityError. */
export const loadIdentity = async (directory: string): Promise<NetworkIdentity> => {
  const file = join(directory, identityFileName);
  const known = await load(file);
  if (known !== null)
    return { privateKey: known, peerId: peerIdFromPrivateKey(known).toString(), file, created: false };
  const fresh = await generateKeyPair('secp256k1');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new IdentityError(`cannot make data directory ${directory}`, { cause });
  });
  const created = await store(file, fresh);
  const key = created ? fresh : await load(file);
  if (key === null) throw new IdentityError(`network key ${file} vanished while it was made: start again`);
  return { privateKey: key, peerId: peerIdFromPrivateKey(key).toString(), file, created };
};
