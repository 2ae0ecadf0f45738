/**
 * All cases, in the order in which they run.
 */
import { burstCase } from './cases/burst.ts';
import { dutyCase } from './cases/duty.ts';
import { keystoresCase } from './cases/keystores.ts';
import { messagesCase } from './cases/messages.ts';
import { operatorKeyCase } from './cases/operator-key.ts';
import { qbftCase } from './cases/qbft.ts';
import { recoveryCase } from './cases/recovery.ts';
import { requestsCase } from './cases/requests.ts';
import { startUpCase } from './cases/start-up.ts';
import { hourCase, steadyCase } from './cases/steady.ts';
import { troubleCase } from './cases/trouble.ts';
import { wanCase } from './cases/wan.ts';
import { goCase } from './go/case.ts';
import type { BenchCase } from './harness.ts';

export const catalogue: readonly BenchCase[] = [
  recoveryCase,
  operatorKeyCase,
  qbftCase,
  requestsCase,
  dutyCase,
  burstCase,
  steadyCase,
  messagesCase,
  wanCase,
  troubleCase,
  keystoresCase,
  startUpCase,
  hourCase,
  goCase,
];
