/**
 * What we sign for a validator beyond slashing rules, by our own configuration.
 *
 * A registration hands the validator's execution rewards to an address, so it must name the configured fee recipient and gas
 * limit and a timestamp near now: neither our client nor a peer can redirect rewards. Exits and deposits are signed only
 * when this operator's own client asks (the caller sees to that), whatever the peers want.
 */
import type { Network } from '../eth2/network.ts';
import type { Signable } from '../eth2/signable.ts';
import type { ValidatorKey } from '../ids.ts';
import type { ValidatorPolicy } from '../registry/committee.ts';

/** How far ahead of our clock a registration may be. s */
const aheadSecondsMax = 60;
/** How old a registration may be: clients cache and some pin the time, relays want the newest. s */
const oldSecondsMax = 24 * 3600;

export type PolicyVerdict = { readonly type: 'allowed' } | { readonly type: 'refused'; readonly why: string };
const allowed: PolicyVerdict = { type: 'allowed' };
const refused = (why: string): PolicyVerdict => ({ type: 'refused', why });

export const judgePolicy = (
  network: Network,
  validator: ValidatorKey,
  policy: ValidatorPolicy,
  signable: Signable,
  nowMs: number,
): PolicyVerdict => {
  if (signable.type === 'deposit') {
    if (signable.validator !== validator)
      return refused('the deposit names another public key than the one asked to sign');
    return signable.genesisForkVersion === network.genesisForkVersion
      ? allowed
      : refused(
          `the deposit is for genesis fork version ${signable.genesisForkVersion}, this network's is ${network.genesisForkVersion}`,
        );
  }
  if (signable.type !== 'registration') return allowed;
  if (signable.validator !== validator)
    return refused('the registration names another public key than the one asked to sign');
  if (policy.feeRecipient !== null && signable.feeRecipient !== policy.feeRecipient) {
    return refused(
      `fee recipient ${signable.feeRecipient} is not the configured ${policy.feeRecipient}; set the client's fee recipient or the cluster file's`,
    );
  }
  if (policy.gasLimit !== null && signable.gasLimit !== policy.gasLimit) {
    return refused(
      `gas limit ${signable.gasLimit} is not the configured ${policy.gasLimit}; set the client's gas limit or the cluster file's`,
    );
  }
  const ageSeconds = nowMs / 1000 - signable.timestamp;
  if (ageSeconds < -aheadSecondsMax)
    return refused(`the timestamp is ${Math.round(-ageSeconds)} s ahead of this node's clock`);
  if (ageSeconds > oldSecondsMax)
    return refused(`the timestamp is ${Math.round(ageSeconds / 3600)} hours old, the limit is 24`);
  return allowed;
};
