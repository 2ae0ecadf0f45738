/**
 * All cases, in the order in which they run.
 */
import { burstCase } from './cases/burst.ts';
import { dutyCase } from './cases/duty.ts';
import type { BenchCase } from './harness.ts';

export const catalogue: readonly BenchCase[] = [dutyCase, burstCase];
