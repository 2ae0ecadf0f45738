/**
 * The operator's private key by the configuration: from a file, or in a PKCS#11 token.
 */
import { loadOperatorKey, OperatorKeyFailed, readPassword } from './key-file.ts';
import { openTokenKey } from './pkcs11/token-key.ts';
import { type OperatorPrivateKey, privateKeyOf } from './private-key.ts';

export interface OperatorKeyPlace {
  readonly operatorKeyFile?: string;
  readonly operatorKeyPasswordFile?: string;
  readonly operatorKeyPkcs11Module?: string;
  readonly operatorKeyPkcs11TokenLabel?: string;
  readonly operatorKeyPkcs11KeyLabel?: string;
  readonly operatorKeyPkcs11PinFile?: string;
}

/** Throws OperatorKeyFailed. */
export const openOperatorKey = async (place: OperatorKeyPlace): Promise<OperatorPrivateKey> => {
  const {
    operatorKeyFile,
    operatorKeyPasswordFile,
    operatorKeyPkcs11Module: module,
    operatorKeyPkcs11TokenLabel: tokenLabel,
    operatorKeyPkcs11KeyLabel: keyLabel,
    operatorKeyPkcs11PinFile: pinFile,
  } = place;
  if (operatorKeyFile !== undefined)
    return privateKeyOf(await loadOperatorKey(operatorKeyFile, operatorKeyPasswordFile));
  if (module === undefined || tokenLabel === undefined || keyLabel === undefined || pinFile === undefined)
    throw new OperatorKeyFailed('no operator key is configured: give --operator-key-file');
  return await openTokenKey({ module, tokenLabel, keyLabel, pin: await readPassword(pinFile) });
};

/** Where the key is, for a sentence. */
export const placeOf = (place: OperatorKeyPlace): string =>
  place.operatorKeyFile ?? `${place.operatorKeyPkcs11KeyLabel} in token ${place.operatorKeyPkcs11TokenLabel}`;
