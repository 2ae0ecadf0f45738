/**
 * Signing with one key and no committee: slashing protection, then the signature.
 *
 * The history is that of the share key. Records of requests that arrive together share one transaction.
 */
import type { Signable, SigningRoots } from '../../core/eth2/signable.ts';
import type { ShareKey, ValidatorKey } from '../../core/ids.ts';
import type { SlashingItem, SlashingVerdict } from '../../core/slashing/item.ts';
import { createBatch } from '../../workflow/batch.ts';
import type { SignOutcome } from '../../workflow/outcome.ts';
import { type Clock, type ShareSigner, SignerFailed, type SlashingProtection } from '../../workflow/ports.ts';
import type { Report } from '../../workflow/report.ts';
import { recording, slashingItemOf } from '../../workflow/shares.ts';

export interface SignAlonePorts {
  readonly clock: Clock;
  readonly slashing: SlashingProtection;
  readonly shareSigner: ShareSigner;
  readonly holds: (share: ShareKey) => boolean;
  readonly report: Report;
}

export interface SignTask {
  readonly signable: Signable;
  readonly roots: SigningRoots;
}

/** Never rejects but for bugs. */
export type SignAlone = (share: ShareKey, task: SignTask, signal: AbortSignal) => Promise<SignOutcome>;

interface Waiting {
  readonly item: SlashingItem;
  readonly settle: (verdict: SlashingVerdict | null) => void;
}

export const createSignAlone = (ports: SignAlonePorts): SignAlone => {
  const { clock, slashing, report } = ports;
  const records = createBatch<Waiting>(clock, recording, (waiting) => {
    try {
      const verdicts = slashing.record(waiting.map(({ item }) => item));
      for (const [at, { settle }] of waiting.entries()) settle(verdicts[at] ?? null);
    } catch (cause) {
      report({ type: 'fault', where: 'record in slashing protection', why: String(cause) });
      for (const { settle } of waiting) settle(null);
    }
  });
  /** Null where nothing could be stored. */
  const record = (item: SlashingItem): Promise<SlashingVerdict | null> =>
    new Promise((settle) => records.add({ item, settle }));

  const judge = async (share: ShareKey, { signable, roots }: SignTask): Promise<SignOutcome | null> => {
    const item = slashingItemOf(share, signable, roots.signingRoot);
    if (item === null) return null;
    const verdict = await record(item);
    // Nothing durable, nothing signed.
    if (verdict === null)
      return { type: 'not-ready', detail: 'slashing protection cannot be written; see the log' };
    const validator = asValidator(share);
    if (verdict.type === 'slashable') {
      report({
        type: 'slashing-refused',
        validator,
        kind: signable.type,
        rule: verdict.rule,
        detail: verdict.detail,
      });
      return verdict;
    }
    if (signable.type === 'attestation' || signable.type === 'block') {
      report({
        type: 'recorded',
        validator,
        kind: signable.type,
        slot: signable.slot,
        signingRoot: roots.signingRoot,
      });
    }
    return null;
  };

  const sign: SignAlone = async (share, task, signal) => {
    if (!ports.holds(share)) return { type: 'unknown-validator' };
    const refusal = await judge(share, task);
    if (refusal !== null) return refusal;
    try {
      const signature = await ports.shareSigner.sign(
        { share, validator: asValidator(share), ...task },
        signal,
      );
      return { type: 'signed', signature };
    } catch (cause) {
      if (cause instanceof SignerFailed)
        return { type: 'signer-failed', reason: cause.reason, detail: cause.message };
      throw cause;
    }
  };
  return async (share, task, signal) => {
    const startedMs = clock.now();
    const outcome = await sign(share, task, signal);
    const validator = asValidator(share);
    const kind = task.signable.type;
    report({ type: 'answered', duty: kind, kind, validator, outcome, tookMs: clock.now() - startedMs });
    return outcome;
  };
};

/** To this signer a share is a key like any other; logs and metrics name it where a node would name the validator. */
const asValidator = (share: ShareKey): ValidatorKey => share as string as ValidatorKey;
