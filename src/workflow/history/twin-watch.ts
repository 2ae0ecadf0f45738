/**
 * Watches for this operator's own signature under words that this process did not say: then it runs twice.
 *
 * Only messages of duties whose slot began after this process did count. Before, it may have been an earlier run of this very
 * node, whose messages a peer sends again. What this process said itself is remembered, since a peer may send that again too.
 */
import { digest } from '@chainsafe/as-sha256';
import { toHex } from '../../core/bytes.ts';
import { type DecidedRole, isDecidedRole } from '../../core/duty/duty.ts';
import { clockToleranceMs, judgeDecidedWindow } from '../../core/duty/window.ts';
import type { Network } from '../../core/eth2/network.ts';
import { slotStartMs } from '../../core/eth2/slots.ts';
import { parseSlot, type Slot } from '../../core/ids.ts';
import { isWireError } from '../../core/wire/errors.ts';
import { decodePartials } from '../../core/wire/partial.ts';
import { decodeQbftMessage } from '../../core/wire/qbft-message.ts';
import { encodeSsvMessage, type SignedMessage } from '../../core/wire/signed.ts';
import { type Addressee, dutyOf, kindOf } from '../address.ts';
import type { Clock, OperatorKeys } from '../ports.ts';
import type { Report } from '../report.ts';

/** Own messages remembered: many times what a node says within the window of its duties. */
const rememberedMax = 65_536;

export interface TwinWatch {
  /** The operator's keys; what is signed with them is remembered. */
  readonly keys: OperatorKeys;
  /** A message came in that names this operator as its only signer. */
  suspect(signed: SignedMessage, addressee: Addressee): void;
}

export interface TwinWatchPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly keys: OperatorKeys;
  readonly report: Report;
  readonly onTwin: (detail: string) => void;
}

export const createTwinWatch = ({ network, clock, keys, report, onTwin }: TwinWatchPorts): TwinWatch => {
  const startedMs = clock.now();
  const said = new Set<string>();
  const nameOf = (data: Uint8Array): string => toHex(digest(data));
  const remember = (data: Uint8Array): void => {
    const [oldest] = said;
    if (said.size >= rememberedMax && oldest !== undefined) said.delete(oldest);
    said.add(nameOf(data));
  };

  /** The decided duty that a message is of, null for anything that an earlier run may have said ahead of time. */
  const dutyIn = (
    { message }: SignedMessage,
    addressee: Addressee,
  ): { readonly role: DecidedRole; readonly slot: Slot } | null => {
    if (message.type === 'consensus') {
      const qbft = decodeQbftMessage(message.data);
      const slot = isWireError(qbft) ? null : parseSlot(qbft.height);
      return slot === null ? null : dutyOf(addressee, slot);
    }
    if (message.type !== 'partial-signature') return null;
    const partials = decodePartials(message.data);
    if (isWireError(partials)) return null;
    const slot = parseSlot(partials.slot);
    const kind = kindOf(addressee.role, partials.type);
    return slot === null || kind === null || !isDecidedRole(kind) ? null : { role: kind, slot };
  };

  return {
    keys: {
      self: keys.self,
      verify: keys.verify,
      sign: (data) => {
        remember(data);
        return keys.sign(data);
      },
    },
    suspect: (signed, addressee) => {
      const duty = dutyIn(signed, addressee);
      if (duty === null || slotStartMs(network, duty.slot) - 2 * clockToleranceMs <= startedMs) return;
      if (judgeDecidedWindow(network, duty.role, duty.slot, clock.now()).type !== 'open') return;
      const data = encodeSsvMessage(signed.message);
      const [signature] = signed.signatures;
      if (signature === undefined || said.has(nameOf(data))) return;
      // Also with a key that this operator had before: that one's node may not have been stopped.
      if (!keys.verify(keys.self, data, signature, duty.slot)) return;
      const name = `${duty.role}/${duty.slot}`;
      const detail = `another node spoke in ${name} with this operator's key; stop one of the two, then restart this one`;
      report({ type: 'twin', duty: name, detail });
      onTwin(detail);
    },
  };
};
