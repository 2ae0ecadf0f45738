/**
 * Decided roles as the numbers in the database. A number never changes its meaning.
 */
import type { DecidedRole } from '../../core/duty/duty.ts';

const roles: readonly DecidedRole[] = ['attestation', 'sync-message', 'block', 'aggregate', 'contribution'];

export const roleNumberOf = (role: DecidedRole): number => roles.indexOf(role);

/** Throws RangeError for a number that no release has written. */
export const roleOfNumber = (number: number): DecidedRole => {
  const role = roles[number];
  if (role === undefined) throw new RangeError(`role ${number}`);
  return role;
};
