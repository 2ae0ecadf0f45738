/**
 * PKCS#11 modules (Cryptoki 2.40), loaded through pkcs11js: an optional dependency that is compiled when it is installed.
 *
 * The part of its interface that is used here is typed here, as the package may not be there.
 */
import { OperatorKeyFailed } from '../key-file.ts';

export type Handle = Buffer;
export type Template = readonly { readonly type: number; readonly value?: unknown }[];

export interface Pkcs11 {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { readonly label: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Template): void;
  C_FindObjects(session: Handle, countMax: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: Template,
  ): readonly { readonly value: Buffer }[];
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void;
  C_SignAsync(session: Handle, data: Buffer, room: Buffer): Promise<Buffer>;
  C_DecryptInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void;
  C_DecryptAsync(session: Handle, data: Buffer, room: Buffer): Promise<Buffer>;
}

/** Constants of the standard, by their names there. */
export const constants = {
  CKA_CLASS: 0x000,
  CKA_LABEL: 0x003,
  CKA_KEY_TYPE: 0x100,
  CKA_MODULUS: 0x120,
  CKA_PUBLIC_EXPONENT: 0x122,
  CKO_PRIVATE_KEY: 3,
  CKK_RSA: 0,
  CKM_RSA_PKCS: 0x001,
  CKM_SHA256_RSA_PKCS: 0x040,
  CKF_SERIAL_SESSION: 4,
  CKU_USER: 1,
} as const;

export const returnCodes = {
  CKR_DEVICE_ERROR: 0x030,
  CKR_DEVICE_REMOVED: 0x032,
  CKR_KEY_HANDLE_INVALID: 0x060,
  CKR_OBJECT_HANDLE_INVALID: 0x082,
  CKR_PIN_INCORRECT: 0x0a0,
  CKR_PIN_LOCKED: 0x0a4,
  CKR_SESSION_CLOSED: 0x0b0,
  CKR_SESSION_HANDLE_INVALID: 0x0b3,
  CKR_TOKEN_NOT_PRESENT: 0x0e0,
  CKR_USER_ALREADY_LOGGED_IN: 0x100,
  CKR_USER_NOT_LOGGED_IN: 0x101,
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

/** The return value of a PKCS#11 call that failed; null for any other error. */
export const codeOf = (error: unknown): number | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null;

/** The constant's name alone: longer texts of modules may say more than a log should hold. */
export const nameOf = (error: unknown): string => {
  const name = Object.entries(returnCodes).find(([, code]) => code === codeOf(error))?.[0];
  const said = error instanceof Error ? /CKR_[A-Z0-9_]+/.exec(error.message)?.[0] : undefined;
  return name ?? said ?? (error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));
};

/** Runs a call and lets one return value pass: the state that was asked for was there already. */
export const unlessAlready = (code: number, call: () => void): void => {
  try {
    call();
  } catch (error) {
    if (codeOf(error) !== code) throw error;
  }
};

/** CKF_OS_LOCKING_OK of the standard: the module may be called from several threads. */
const lockingOk = 2;

/** One for each module and process, as PKCS#11 has it; never finalised, as others in this process may use it. */
const loaded = new Map<string, Pkcs11>();

/** Throws OperatorKeyFailed. */
export const loadModule = async (path: string): Promise<Pkcs11> => {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const { PKCS11 } = await importPackage();
  const pkcs11 = new PKCS11();
  try {
    pkcs11.load(path);
    unlessAlready(returnCodes.CKR_CRYPTOKI_ALREADY_INITIALIZED, () =>
      // Signing runs on threads: without this a module may take no locks, and SoftHSM then crashes the process.
      pkcs11.C_Initialize({ flags: lockingOk }),
    );
  } catch (cause) {
    throw new OperatorKeyFailed(
      `${path} cannot be used as a PKCS#11 module (${nameOf(cause)}): check the path, and the module's own configuration`,
      { cause },
    );
  }
  loaded.set(path, pkcs11);
  return pkcs11;
};

// Not a literal: the compiler must not ask for a package that may not be there.
const packageName: string = 'pkcs11js';

const importPackage = async (): Promise<{ readonly PKCS11: new () => Pkcs11 }> => {
  try {
    const { default: exported } = (await import(packageName)) as { default: { PKCS11: new () => Pkcs11 } };
    return exported;
  } catch (cause) {
    throw new OperatorKeyFailed(
      'a PKCS#11 token needs the package pkcs11js, which was not built when this was installed: install a C++ compiler, make and Python 3, then npm ci again',
      { cause },
    );
  }
};
