/**
 * Fee recipients and gas limits that were set through the keymanager API: they win over the cluster file, and stay.
 *
 * They are a JSON file in the data folder, replaced as a whole; they hold whether the API is on or off. A file that cannot be
 * read stops the start: going on without it could let rewards go elsewhere.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { parseValidatorKey, type ValidatorKey } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/committee.ts';
import { overridePolicies, type PolicyOverride } from '../../core/registry/override-policies.ts';
import type { PolicyAdmin, PolicyChange } from '../../http/keymanager/deps.ts';
import { StartFailed } from '../start-failed.ts';

/** Valibot takes an array for an object, and an empty one would then be a policy without fields. */
const mapping = v.custom<object>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const Policy = v.pipe(
  mapping,
  v.strictObject({
    feeRecipient: v.optional(v.pipe(v.string(), v.regex(/^0x[0-9a-f]{40}$/))),
    gasLimit: v.optional(v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,18}$/))),
  }),
);

/** Entries, not a record: a record of Valibot overlooks keys such as __proto__, and their values with them. */
const Policies = v.pipe(mapping, v.transform(Object.entries), v.array(v.tuple([v.string(), Policy])));

const Stored = v.pipe(mapping, v.strictObject({ version: v.literal(1), validators: Policies }));

type Overrides = ReadonlyMap<ValidatorKey, PolicyOverride>;

export interface OwnPolicies {
  /** The registry as this operator has it; `base` is remembered for later changes. */
  over(base: Registry): Registry;
  /** `changed` gets the whole registry after each change. */
  admin(changed: (registry: Registry) => void): PolicyAdmin;
}

export const policiesPathOf = (dataDir: string): string => join(dataDir, 'validator-policies.json');

/** Throws StartFailed. */
export const openOwnPolicies = (dataDir: string): OwnPolicies => {
  const path = policiesPathOf(dataDir);
  let overrides = read(path);
  let base: Registry = {
    operators: new Map(),
    committees: new Map(),
    validators: new Map(),
    byNumber: new Map(),
  };
  return {
    over: (next) => {
      base = next;
      return overridePolicies(base, overrides);
    },
    admin: (changed) => ({
      read: (validator) => {
        const known = base.validators.get(validator);
        if (known === undefined) return null;
        const own = overrides.get(validator);
        const policy = { ...known.policy, ...own };
        return {
          feeRecipient: { value: policy.feeRecipient, isOwn: own?.feeRecipient !== undefined },
          gasLimit: { value: policy.gasLimit, isOwn: own?.gasLimit !== undefined },
        };
      },
      change: (validator, change) => {
        const next = new Map(overrides);
        const own = changedBy(overrides.get(validator) ?? {}, change);
        if (Object.keys(own).length === 0) next.delete(validator);
        else next.set(validator, own);
        // Stored before it is in effect: what a client was told holds after a crash.
        write(path, next);
        overrides = next;
        changed(overridePolicies(base, overrides));
      },
    }),
  };
};

const changedBy = (own: PolicyOverride, change: PolicyChange): PolicyOverride => {
  switch (change.type) {
    case 'fee-recipient': {
      const { feeRecipient: _, ...others } = own;
      return change.value === null ? others : { ...others, feeRecipient: change.value };
    }
    case 'gas-limit': {
      const { gasLimit: _, ...others } = own;
      return change.value === null ? others : { ...others, gasLimit: change.value };
    }
  }
};

const read = (path: string): Overrides => {
  if (!existsSync(path)) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause));
  }
  const stored = v.safeParse(Stored, value);
  if (!stored.success) throw unreadable(path, 'it is not what this program writes');
  const entries = stored.output.validators.map(([name, { feeRecipient, gasLimit }]) => {
    const key = parseValidatorKey(name);
    if (key === null) throw unreadable(path, 'it names something that is no public key');
    const own: PolicyOverride = {
      ...(feeRecipient === undefined ? {} : { feeRecipient }),
      ...(gasLimit === undefined ? {} : { gasLimit: BigInt(gasLimit) }),
    };
    return [key, own] as const;
  });
  return new Map(entries);
};

const unreadable = (path: string, why: string): StartFailed =>
  new StartFailed(
    `${path}: the fee recipients and gas limits set through the keymanager API cannot be read (${why}); restore the file, or remove it and set them again`,
  );

const write = (path: string, overrides: Overrides): void => {
  const validators = Object.fromEntries(
    [...overrides].map(([key, { feeRecipient, gasLimit }]) => [
      key,
      { feeRecipient, gasLimit: gasLimit === undefined || gasLimit === null ? undefined : String(gasLimit) },
    ]),
  );
  const draft = `${path}.new`;
  writeFileSync(draft, `${JSON.stringify({ version: 1, validators }, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  renameSync(draft, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
