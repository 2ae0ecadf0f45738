/**
 * What the keymanager routes need from the rest: owned here, provided by app/.
 *
 * Keys in a node are shares. Keystores are listed, imported and deleted by share key; fee recipient and gas limit belong to
 * the validator and are addressed by validator key.
 */
import type { ShareKey, ValidatorKey } from '../../core/ids.ts';

export interface ListedKey {
  readonly key: ShareKey;
  /** It cannot be deleted here: it is kept by another signer, or its folder is read-only. */
  readonly isReadonly: boolean;
  /** The validator of which it is a share; null where none is known, absent where nothing knows. */
  readonly shareOf?: ValidatorKey | null;
}

export interface ImportStatus {
  readonly status: 'imported' | 'duplicate' | 'error';
  readonly message?: string;
}

export interface DeleteStatus {
  readonly status: 'deleted' | 'not_active' | 'not_found' | 'error';
  readonly message?: string;
}

export type Imported =
  | { readonly type: 'done'; readonly statuses: readonly ImportStatus[] }
  /** The slashing protection data is of no use; nothing was imported. */
  | { readonly type: 'malformed'; readonly why: string };

export interface KeystoreAdmin {
  list(): Promise<readonly ListedKey[]>;
  /** `slashingProtection` (EIP-3076) is taken over first. Statuses in the order of the items. */
  import(
    items: readonly { readonly keystore: string; readonly password: string }[],
    slashingProtection: string | null,
  ): Promise<Imported>;
  /** When it resolves, no signature of these keys can come any more. Statuses in the order of the keys. */
  delete(keys: readonly ShareKey[]): Promise<{
    readonly statuses: readonly DeleteStatus[];
    /** EIP-3076, of the keys that are `deleted` or `not_active`. */
    readonly slashingProtection: string;
  }>;
}

/** What a validator's registrations may say. `isOwn`: set here, not by the cluster file. Null: anything. */
export interface PolicyView {
  readonly feeRecipient: { readonly value: string | null; readonly isOwn: boolean };
  readonly gasLimit: { readonly value: bigint | null; readonly isOwn: boolean };
}

/** Null takes back what was set here. */
export type PolicyChange =
  | { readonly type: 'fee-recipient'; readonly value: string | null }
  | { readonly type: 'gas-limit'; readonly value: bigint | null };

export interface PolicyAdmin {
  /** Null for a validator that this node does not have. */
  read(validator: ValidatorKey): PolicyView | null;
  /** Durable when it returns. Throws where it could not be stored. */
  change(validator: ValidatorKey, change: PolicyChange): void;
}

export interface Keymanager {
  /** What clients send as `Authorization: Bearer ...`. */
  readonly token: string;
  readonly keystores: KeystoreAdmin;
  /** Null where there are no validators, only keys. */
  readonly policies: PolicyAdmin | null;
}
