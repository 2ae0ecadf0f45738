/**
 * A registry in which some validators have policies of this operator's own.
 */
import type { ValidatorKey } from '../ids.ts';
import type { Registry, Validator, ValidatorPolicy } from './committee.ts';

/** What is absent stays as the registry has it. */
export type PolicyOverride = Partial<ValidatorPolicy>;

/** Overrides of validators that the registry does not have are without effect. */
export const overridePolicies = (
  registry: Registry,
  overrides: ReadonlyMap<ValidatorKey, PolicyOverride>,
): Registry => {
  if (overrides.size === 0) return registry;
  const validators = new Map(registry.validators);
  const byNumber = new Map(registry.byNumber);
  for (const [key, override] of overrides) {
    const validator = registry.validators.get(key);
    if (validator === undefined) continue;
    const changed: Validator = { ...validator, policy: { ...validator.policy, ...override } };
    validators.set(key, changed);
    byNumber.set(validator.number, changed);
  }
  const { operators, committees } = registry;
  return { operators, committees, validators, byNumber };
};
