/**
 * One client request, from the parsed body to the outcome.
 *
 * The returned signature is always over the data that this client sent: no client checks what it gets, and it publishes its
 * own data with it. If the committee decided other data, the answer is an error. Requests for the same root join each other
 * and are answered from what already ran.
 */
import { equalBytes } from '../core/bytes.ts';
import { type DutyKey, dutyName, type ExchangedRole, isDecidedRole } from '../core/duty/duty.ts';
import { judgePolicy } from '../core/duty/policy.ts';
import { type DecidedSignable, proposedValue } from '../core/duty/value.ts';
import { checkValue, type Strictness } from '../core/duty/value-check.ts';
import {
  dutyEndMs,
  exchangeEndMs,
  judgeDecidedWindow,
  judgeExchangedWindow,
  type WindowVerdict,
  wireSlotOf,
} from '../core/duty/window.ts';
import type { Network } from '../core/eth2/network.ts';
import type { Signable, SignableType, SigningRoots } from '../core/eth2/signable.ts';
import { slotAt } from '../core/eth2/slots.ts';
import type { OperatorId, Slot, ValidatorKey } from '../core/ids.ts';
import type { Registry, Validator } from '../core/registry/committee.ts';
import type { Duties } from './duties.ts';
import { type Exchange, registrationPayload } from './exchange.ts';
import type { Outbox } from './outbox.ts';
import type { SignOutcome } from './outcome.ts';
import type { Partials } from './partials.ts';
import type { Clock, OperatorKeys, SlashingProtection } from './ports.ts';
import { watchOver } from './reminders.ts';
import type { Report } from './report.ts';
import { type Shares, slashingItemOf } from './shares.ts';

export interface SignRequest {
  readonly signable: Signable;
  readonly roots: SigningRoots;
}

export interface SignPorts {
  readonly network: Network;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly keys: OperatorKeys;
  readonly slashing: SlashingProtection;
  readonly duties: Duties;
  readonly partials: Partials;
  readonly shares: Shares;
  readonly outbox: Outbox;
  readonly exchange: Exchange;
  readonly strictness: Strictness;
  /** How long a client waits for each type. ms */
  readonly timeoutMs: (type: SignableType) => number;
  readonly report: Report;
}

/** The reason with which a deadline aborts a wait. */
const deadlinePassed = 'deadline passed';

const decidedOtherwise: SignOutcome = {
  type: 'decided-otherwise',
  detail: 'the operators agreed on other data for this duty than this client sent',
};

const windowOutcome = (verdict: WindowVerdict, what: string): SignOutcome | null => {
  if (verdict.type === 'open') return null;
  const detail =
    verdict.type === 'too-early'
      ? `${what} is not due yet; if the client's clock is right, check this machine's clock and the network file's genesis time`
      : `${what} is past; if the client's clock is right, check this machine's clock`;
  return { type: verdict.type, detail };
};

export const createSigner = (ports: SignPorts) => {
  const { network, registry, clock, keys, slashing, duties, partials, shares, outbox, exchange, report } =
    ports;

  const dutyKeyOf = (validator: Validator, signable: DecidedSignable): DutyKey => {
    const isShared = signable.type === 'attestation' || signable.type === 'sync-message';
    return {
      committee: validator.committee,
      role: signable.type,
      slot: signable.slot,
      validator: isShared ? null : validator.key,
      subcommittee: signable.type === 'contribution' ? signable.subcommittee : 0,
    };
  };

  const describe = (validator: Validator | undefined, signable: Signable): string => {
    if (validator !== undefined && isDecidedSignable(signable))
      return dutyName(dutyKeyOf(validator, signable));
    return 'slot' in signable ? `${signable.type}/${signable.slot}` : signable.type;
  };

  const belowQuorum = (
    validator: Validator,
    kind: SignableType,
    slot: Slot,
    roots: SigningRoots,
  ): SignOutcome => {
    const committee = registry.committees.get(validator.committee);
    const have =
      partials.find(kind, slot, validator.key, roots.signingRoot)?.partials ??
      new Map<OperatorId, Uint8Array>();
    const missing = committee?.operators.filter((operator) => !have.has(operator)) ?? [];
    return {
      type: 'below-quorum',
      have: have.size,
      need: committee?.quorum ?? 0,
      missing,
      signingRoot: roots.signingRoot,
    };
  };

  /** Our own share, then a quorum of shares. */
  const gather = async (
    validator: Validator,
    { signable, roots }: SignRequest,
    slot: Slot,
    endMs: number,
    signal: AbortSignal,
  ): Promise<SignOutcome> => {
    const own = shares.sign(validator, signable, roots, slot, endMs);
    const whole = partials.wait(signable.type, slot, endMs, validator, roots.signingRoot, signal);
    // The peers may complete the signature without us; only a slashing refusal of our own is final.
    const ownFailure = own.then((outcome) => {
      if (outcome?.type === 'slashable') throw outcome;
      return outcome;
    });
    const watched = watchOver(ports, validator, signable.type, slot, roots.signingRoot);
    try {
      const signature = await Promise.race([whole, ownFailure.then(() => whole)]);
      return { type: 'signed', signature };
    } catch (reason) {
      whole.catch(() => {});
      if (isOutcome(reason)) return reason;
      const failure = await Promise.race([own, Promise.resolve(null)]);
      return failure ?? belowQuorum(validator, signable.type, slot, roots);
    } finally {
      watched();
    }
  };

  /** Validators of a client ask with the very same vote, of which the value is made once. */
  const proposals = new WeakMap<DecidedSignable, Uint8Array>();
  const proposalOf = (signable: DecidedSignable): Uint8Array => {
    const value = proposals.get(signable) ?? proposedValue(signable);
    proposals.set(signable, value);
    return value;
  };

  /** A request that no operator would agree to, whatever the others see: it must not become this operator's word. */
  const findImpossible = (key: DutyKey, signable: DecidedSignable): SignOutcome | null => {
    const { strictness } = ports;
    const all = { network, strictness, own: signable, vouched: true, forbidden: () => false };
    const verdict = checkValue(key, proposalOf(signable), all);
    return verdict.type === 'unacceptable' ? { type: 'refused-by-policy', detail: verdict.why } : null;
  };
  /** Validators of a committee that ask for the very same vote are judged once. */
  const judged = new WeakMap<
    DecidedSignable,
    { readonly place: string; readonly refusal: SignOutcome | null }
  >();
  const findImpossibleOnce = (key: DutyKey, signable: DecidedSignable): SignOutcome | null => {
    const place = `${key.committee}/${key.validator}`;
    const known = judged.get(signable);
    if (known?.place === place) return known.refusal;
    const refusal = findImpossible(key, signable);
    judged.set(signable, { place, refusal });
    return refusal;
  };

  const judgeSlashing = (validator: Validator, { signable, roots }: SignRequest): SignOutcome | null => {
    const item = slashingItemOf(validator.key, signable, roots.signingRoot);
    if (item === null) return null;
    try {
      const [verdict] = slashing.judge([item]);
      if (verdict?.type !== 'slashable') return null;
      const { rule, detail } = verdict;
      report({ type: 'slashing-refused', validator: validator.key, kind: signable.type, rule, detail });
      return verdict;
    } catch (cause) {
      report({ type: 'fault', where: 'read slashing protection', why: String(cause) });
      return {
        type: 'not-ready',
        detail: 'slashing protection could not be read; see the log for the cause',
      };
    }
  };

  const signDecided = async (
    validator: Validator,
    request: SignRequest & { readonly signable: DecidedSignable },
    signal: AbortSignal,
  ): Promise<SignOutcome> => {
    const { signable } = request;
    const key = dutyKeyOf(validator, signable);
    const closed = windowOutcome(
      judgeDecidedWindow(network, signable.type, signable.slot, clock.now()),
      `slot ${signable.slot}`,
    );
    if (closed !== null) return closed;
    // A repeated request that lost is told so, not that it would be slashable, though what won is recorded by now.
    const own = proposalOf(signable);
    const earlier = duties.find(key)?.consensus.decision() ?? null;
    if (earlier !== null && !equalBytes(earlier.value, own)) {
      // The others may need our share of what was decided: this client does have the duty.
      duties.ask(key, validator, signable);
      return decidedOtherwise;
    }
    const refusal = findImpossibleOnce(key, signable) ?? judgeSlashing(validator, request);
    if (refusal !== null) return refusal;
    const duty = duties.ask(key, validator, signable);
    let value: Uint8Array;
    try {
      value = (await duties.decision(duty, signal)).value;
    } catch {
      return {
        type: 'undecided',
        detail: `no agreement with the other operators, round ${duty.consensus.round()}; /healthcheck and the log of this node say what it lacks`,
      };
    }
    if (!equalBytes(value, own)) return decidedOtherwise;
    return gather(
      validator,
      request,
      signable.slot,
      dutyEndMs(network, signable.type, signable.slot),
      signal,
    );
  };

  const signExchanged = async (
    validator: Validator,
    request: SignRequest,
    signal: AbortSignal,
  ): Promise<SignOutcome> => {
    const { signable } = request;
    const nowMs = clock.now();
    const role = signable.type as ExchangedRole;
    const slot = wireSlotOf(network, signable, slotAt(network, nowMs));
    const closed = windowOutcome(judgeExchangedWindow(network, role, slot, nowMs), role);
    if (closed !== null) return closed;
    if (signable.type === 'registration') {
      const item = { number: validator.number, payload: registrationPayload(signable) };
      exchange.noteOwn(validator, signable);
      outbox.sendHint(validator.committee, 'registration', slot, item);
    }
    return gather(validator, request, slot, exchangeEndMs(network, role, slot), signal);
  };

  const sign = async (key: ValidatorKey, request: SignRequest, signal: AbortSignal): Promise<SignOutcome> => {
    const validator = registry.validators.get(key);
    if (validator === undefined || !validator.shares.has(keys.self)) return { type: 'unknown-validator' };
    const { signable } = request;
    const policy = judgePolicy(network, key, validator.policy, signable, clock.now());
    if (policy.type === 'refused') return { type: 'refused-by-policy', detail: policy.why };
    const deadline = new AbortController();
    const cancel = clock.at(clock.now() + ports.timeoutMs(signable.type), () =>
      deadline.abort(deadlinePassed),
    );
    const onAbort = (): void => deadline.abort('the client went away');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return isDecided(request)
        ? await signDecided(validator, request, deadline.signal)
        : await signExchanged(validator, request, deadline.signal);
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    sign: async (key: ValidatorKey, request: SignRequest, signal: AbortSignal): Promise<SignOutcome> => {
      const startedMs = clock.now();
      const duty = describe(registry.validators.get(key), request.signable);
      report({ type: 'asked', duty, validator: key, signingRoot: request.roots.signingRoot });
      const outcome = await sign(key, request, signal);
      report({
        type: 'answered',
        duty,
        kind: request.signable.type,
        validator: key,
        outcome,
        tookMs: clock.now() - startedMs,
      });
      return outcome;
    },
  };
};

const isDecidedSignable = (signable: Signable): signable is DecidedSignable => isDecidedRole(signable.type);
const isDecided = (request: SignRequest): request is SignRequest & { readonly signable: DecidedSignable } =>
  isDecidedSignable(request.signable);

const isOutcome = (reason: unknown): reason is SignOutcome =>
  typeof reason === 'object' && reason !== null && 'type' in reason;
