/**
 * What becomes of a message on its way, and how it reads in a trace.
 */
import type { OperatorId } from '../../../src/core/ids.ts';
import { isWireError } from '../../../src/core/wire/errors.ts';
import type { SignedMessage } from '../../../src/core/wire/signed.ts';
import { type Forge, numberOfRoot } from './forge.ts';
import { calmDelayTicks, maskKey, muteKey, type Plan } from './plan.ts';

/** Ticks until delivery; -1 for never. */
export const delayOf = (
  plan: Plan,
  forge: Forge,
  tick: number,
  from: OperatorId,
  to: OperatorId,
  signed: SignedMessage,
): number => {
  const { random, side, loss, masks, mutes, delayTicksMax } = plan;
  if (from === to) return 0;
  if (tick >= plan.healTick) return 1 + random.below(calmDelayTicks);
  if (side !== null && side.has(from) !== side.has(to)) return -1;
  if (masks.size > 0) {
    const message = forge.codec.open(signed.message.data);
    if (!isWireError(message)) {
      const mask = masks.get(maskKey(message.type, message.round));
      if (mask !== undefined && !mask.has(to)) return -1;
      if (mutes.size > 0 && mutes.has(muteKey(message.type, message.round, from))) return -1;
    }
  }
  return loss > 0 && random.chance(loss) ? -1 : 1 + random.below(delayTicksMax);
};

export const describe = (forge: Forge, signed: SignedMessage): string => {
  const message = forge.codec.open(signed.message.data);
  if (isWireError(message)) return 'noise';
  const prepared = message.dataRound > 0 ? ` prepared in ${message.dataRound}` : '';
  const root = message.root[31] === 0 ? '' : ` ${numberOfRoot(message.root)}`;
  return `${message.type} of round ${message.round}${root}${prepared} by ${signed.operators.join('+')}`;
};
