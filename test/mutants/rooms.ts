/**
 * All lists. A new room is added here.
 */
import { coreDuty } from './core-duty.ts';
import { coreQbft } from './core-qbft.ts';
import { coreSlashing } from './core-slashing.ts';
import { history } from './history.ts';
import type { MutantRoom } from './room.ts';
import { workflow } from './workflow.ts';

export const rooms: readonly MutantRoom[] = [coreQbft, coreDuty, coreSlashing, workflow, history];
