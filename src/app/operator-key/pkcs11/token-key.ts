/**
 * An operator key that never leaves its PKCS#11 token: the token signs and decrypts.
 */
import { createPublicKey, verify } from 'node:crypto';
import { parseOperatorPublicKey } from '../../../core/registry/operator-public-key.ts';
import { OperatorKeyFailed } from '../key-file.ts';
import { checkCiphertext, modulusBytes, type OperatorPrivateKey } from '../private-key.ts';
import {
  codeOf,
  constants,
  type Handle,
  loadModule,
  nameOf,
  type Pkcs11,
  returnCodes,
  unlessAlready,
} from './module.ts';
import { createSessions } from './sessions.ts';

export interface TokenKeyPlace {
  /** Path of the module's shared library. */
  readonly module: string;
  readonly tokenLabel: string;
  readonly keyLabel: string;
  readonly pin: string;
}

interface KeySession {
  readonly session: Handle;
  readonly key: Handle;
}

/** A token is as fast as it is; more at once would wait inside it. */
const sessionsMax = 4;

/** Throws OperatorKeyFailed; the PIN is in no error. */
export const openTokenKey = async (place: TokenKeyPlace): Promise<OperatorPrivateKey> => {
  const pkcs11 = await loadModule(place.module);
  const open = (): KeySession => openSession(pkcs11, place);
  const close = ({ session }: KeySession): void => {
    // A session that was lost is closed already.
    try {
      pkcs11.C_CloseSession(session);
    } catch (error) {
      if (codeOf(error) === null) throw error;
    }
  };
  const sessions = createSessions(open, close, sessionsMax);
  const key: OperatorPrivateKey = {
    publicPem: await sessions.use(async (session) => publicPemOf(pkcs11, session, place)),
    sign: (data) =>
      sessions.use(({ session, key: handle }) => {
        pkcs11.C_SignInit(session, { mechanism: constants.CKM_SHA256_RSA_PKCS }, handle);
        return pkcs11.C_SignAsync(session, Buffer.from(data), Buffer.alloc(modulusBytes));
      }),
    decrypt: async (ciphertext) => {
      checkCiphertext(ciphertext);
      return await sessions.use(({ session, key: handle }) => {
        pkcs11.C_DecryptInit(session, { mechanism: constants.CKM_RSA_PKCS }, handle);
        return pkcs11.C_DecryptAsync(session, Buffer.from(ciphertext), Buffer.alloc(modulusBytes));
      });
    },
    [Symbol.asyncDispose]: () => sessions.close(),
  };
  await checkSigning(key, place);
  return key;
};

const openSession = (pkcs11: Pkcs11, place: TokenKeyPlace): KeySession => {
  const session = pkcs11.C_OpenSession(slotOf(pkcs11, place), constants.CKF_SERIAL_SESSION);
  try {
    // The login is the token's, not the session's.
    unlessAlready(returnCodes.CKR_USER_ALREADY_LOGGED_IN, () =>
      pkcs11.C_Login(session, constants.CKU_USER, place.pin),
    );
  } catch (cause) {
    throw failed(place, pinHint(cause), cause);
  }
  return { session, key: keyOf(pkcs11, session, place) };
};

const pinHint = (cause: unknown): string => {
  switch (codeOf(cause)) {
    case returnCodes.CKR_PIN_INCORRECT:
      return 'the PIN is not the one of this token; check the PIN file before tries run out';
    case returnCodes.CKR_PIN_LOCKED:
      return 'the PIN is locked after too many tries; unlock it with the security officer PIN';
    default:
      return `logging in failed (${nameOf(cause)})`;
  }
};

const failed = ({ tokenLabel, keyLabel }: TokenKeyPlace, why: string, cause?: unknown): OperatorKeyFailed =>
  new OperatorKeyFailed(`operator key ${keyLabel} in token ${tokenLabel}: ${why}`, { cause });

const slotOf = (pkcs11: Pkcs11, place: TokenKeyPlace): Handle => {
  const slots = pkcs11.C_GetSlotList(true);
  // Labels are padded with blanks to 32.
  const labels = slots.map((slot) => pkcs11.C_GetTokenInfo(slot).label.trimEnd());
  const at = labels.indexOf(place.tokenLabel);
  const slot = slots[at];
  if (slot !== undefined && labels.indexOf(place.tokenLabel, at + 1) < 0) return slot;
  if (slot !== undefined) throw failed(place, 'more than one token has this label');
  const known = labels.filter((label) => label !== '').join(', ');
  throw failed(place, `the module has no such token; it has ${known === '' ? 'none' : known}`);
};

const keyOf = (pkcs11: Pkcs11, session: Handle, place: TokenKeyPlace): Handle => {
  pkcs11.C_FindObjectsInit(session, [
    { type: constants.CKA_CLASS, value: constants.CKO_PRIVATE_KEY },
    { type: constants.CKA_KEY_TYPE, value: constants.CKK_RSA },
    { type: constants.CKA_LABEL, value: place.keyLabel },
  ]);
  const found = pkcs11.C_FindObjects(session, 2);
  pkcs11.C_FindObjectsFinal(session);
  const [key] = found;
  if (key === undefined) throw failed(place, 'the token has no RSA private key with this label');
  if (found.length > 1) throw failed(place, 'the token has several RSA private keys with this label');
  return key;
};

const publicPemOf = (pkcs11: Pkcs11, { session, key }: KeySession, place: TokenKeyPlace): string => {
  const [modulus, exponent] = pkcs11.C_GetAttributeValue(session, key, [
    { type: constants.CKA_MODULUS },
    { type: constants.CKA_PUBLIC_EXPONENT },
  ]);
  const jwk = {
    kty: 'RSA',
    n: modulus?.value.toString('base64url') ?? '',
    e: exponent?.value.toString('base64url') ?? '',
  };
  const pem = parseOperatorPublicKey(
    createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
  );
  if (pem === null) throw failed(place, 'an operator key is RSA with 2048 bits and exponent 65537');
  return pem;
};

/** A key that may not sign, or a token that lacks the mechanism, is found at the start and not at the first duty. */
const checkSigning = async (key: OperatorPrivateKey, place: TokenKeyPlace): Promise<void> => {
  const data = Buffer.from('quorate: does this token sign?');
  let signature: Uint8Array;
  try {
    signature = await key.sign(data);
  } catch (cause) {
    throw failed(place, `it does not sign with CKM_SHA256_RSA_PKCS (${nameOf(cause)})`, cause);
  }
  const publicKey = createPublicKey(key.publicPem.replaceAll('RSA PUBLIC KEY', 'PUBLIC KEY'));
  if (!verify('sha256', data, publicKey, signature))
    throw failed(place, 'its signature does not verify under its own public key');
};
