/**
 * What Dirk's answers mean. A refusal comes with gRPC status OK and a state, and without a word why; its own log has that.
 */
import type { SignableType } from '../../core/eth2/signable.ts';
import { SignerFailed } from '../../workflow/ports.ts';
import { ChannelFailed } from './channel.ts';
import { ResponseState } from './dirk-pb.ts';

/** For what an operator should look when Dirk says no. */
const hintOf = (type: SignableType): string => {
  switch (type) {
    case 'attestation':
      return 'it has signed this or a later target with the share, or the client may not "Sign beacon attestation"';
    case 'block':
      return 'it has signed this or a later slot with the share, or the client may not "Sign beacon proposal"';
    case 'exit':
      return 'exits are signed only for an address in its server.rules.admin-ips, and with the permission to "Sign"';
    default:
      return 'the client may not "Sign" with this account, or no passphrase of its unlocker opens it';
  }
};

/** Whether Dirk keeps a record of what it signed of this type, and refuses it the second time. */
export const isRecorded = (type: SignableType): boolean => type === 'attestation' || type === 'block';

/** The failure that a state stands for; null for success. `wasLost`: it was asked before, and the answer did not come. */
export const failureOf = (
  state: number,
  action: string,
  type: SignableType,
  wasLost: boolean,
): SignerFailed | null => {
  switch (state) {
    case ResponseState.SUCCEEDED:
      return null;
    case ResponseState.DENIED:
      // Not a refusal of this root: the record that stands in the way is most likely that of the answer that was lost.
      return wasLost && isRecorded(type)
        ? new SignerFailed(
            'unavailable',
            `${action}: Dirk's answer was lost on the way, and it does not sign the same again`,
          )
        : new SignerFailed('refused', `${action}: Dirk denies it: ${hintOf(type)}; its log says which`);
    case ResponseState.FAILED:
      return new SignerFailed('unavailable', `${action}: Dirk failed; its log says why`);
    default:
      return new SignerFailed('unavailable', `${action}: Dirk answered without a result (state ${state})`);
  }
};

/** A fault on the way to Dirk as a share signer's. */
export const faultOf = (action: string, cause: unknown): SignerFailed => {
  if (cause instanceof SignerFailed) return cause;
  if (!(cause instanceof ChannelFailed)) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new SignerFailed('unavailable', `${action}: Dirk: ${why}`, { cause });
  }
  const reason = cause.failure === 'late' ? 'timeout' : 'unavailable';
  return new SignerFailed(reason, `${action}: Dirk at ${cause.message}`, { cause });
};
