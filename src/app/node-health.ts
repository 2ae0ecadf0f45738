/**
 * The health of a node, in the tree of checks that Web3Signer serves and Vero polls.
 *
 * DOWN means that this node cannot return signatures now: keys not loaded, database not written, fewer operators connected than a
 * quorum, halted because its operator key runs elsewhere too, or not yet told by the others what it signed before.
 */
import type { OperatorId } from '../core/ids.ts';
import type { Registry } from '../core/registry/committee.ts';
import type { Health, HealthCheck } from '../http/deps.ts';

export interface HealthFacts {
  readonly self: OperatorId;
  readonly registry: Registry;
  /** Why keys are not ready, or null. */
  readonly keysMissing: string | null;
  readonly keysLoaded: number;
  readonly keyErrors: number;
  readonly isConnected: (operator: OperatorId) => boolean;
  /** Why slashing protection cannot be written, or null. */
  readonly databaseDown: string | null;
  /** Why this node signs nothing, or null. */
  readonly halted: string | null;
  /** Why this node signs no votes and blocks yet, or null. */
  readonly catchingUp: string | null;
}

const check = (id: string, isUp: boolean, data: Record<string, string | number | boolean>): HealthCheck => ({
  id,
  status: isUp ? 'UP' : 'DOWN',
  data,
});

/** `down`: why slashing protection cannot be written, or null. */
export const databaseCheck = (down: string | null): HealthCheck =>
  check('slashing-protection-db-health-check', down === null, down === null ? {} : { reason: down });

const peersCheck = ({ self, registry, isConnected }: HealthFacts): HealthCheck => {
  const own = [...registry.committees.values()].filter(({ operators }) => operators.includes(self));
  const short = own.filter(
    ({ operators, quorum }) => operators.filter((id) => id === self || isConnected(id)).length < quorum,
  );
  const others = new Set(own.flatMap(({ operators }) => operators.filter((id) => id !== self)));
  const gone = [...others].filter((id) => !isConnected(id));
  return check('operators-check', short.length === 0, {
    connected: others.size - gone.length,
    operators: others.size,
    ...(gone.length > 0 ? { missing: gone.join(', ') } : {}),
  });
};

export const healthOf = (facts: HealthFacts): Health => {
  const checks = [
    check('default-check', facts.halted === null, facts.halted === null ? {} : { reason: facts.halted }),
    databaseCheck(facts.databaseDown),
    check('keys-check/keystores-bulk-loading', facts.keysMissing === null && facts.keyErrors === 0, {
      'keys-loaded': facts.keysLoaded,
      'error-count': facts.keyErrors,
      ...(facts.keysMissing === null ? {} : { reason: facts.keysMissing }),
    }),
    peersCheck(facts),
    check(
      'catch-up-check',
      facts.catchingUp === null,
      facts.catchingUp === null ? {} : { reason: facts.catchingUp },
    ),
  ];
  const status = checks.every((one) => one.status === 'UP') ? 'UP' : 'DOWN';
  return { status, checks, outcome: status };
};
