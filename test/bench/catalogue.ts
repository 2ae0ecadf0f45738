/**
 * All cases, in the order in which they run.
 */
import { burstCase } from './cases/burst.ts';
import { dutyCase } from './cases/duty.ts';
import { qbftCase } from './cases/qbft.ts';
import { recoveryCase } from './cases/recovery.ts';
import { requestsCase } from './cases/requests.ts';
import type { BenchCase } from './harness.ts';

export const catalogue: readonly BenchCase[] = [recoveryCase, qbftCase, requestsCase, dutyCase, burstCase];
