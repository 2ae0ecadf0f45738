/**
 * Lives through the chain epoch by epoch: notes each epoch's duties while the beacon node still tells them, says how it
 * goes, and at the end reads all blocks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { slotsPerEpoch } from '../options.ts';
import type { BeaconApi, Block, EpochDuties } from './beacon-api.ts';
import type { SignatureLog } from './signature-log.ts';
import { type EpochTally, tallyEpoch } from './tally.ts';

export interface Observer {
  readonly currentEpoch: () => number;
  readonly slotStartMs: (slot: number) => number;
  /** Returns shortly before the epoch's end, late enough that all of its duties were done or missed. */
  readonly liveThrough: (epoch: number) => Promise<void>;
  readonly readChain: () => Promise<ChainRecord>;
}

export interface ChainRecord {
  readonly duties: readonly EpochDuties[];
  readonly blocks: ReadonlyMap<number, Block>;
  /** Slots of our validators with more than one known block. */
  readonly doubleProposals: readonly number[];
  readonly slashed: readonly number[];
  readonly finalizedEpoch: number;
}

export interface ObserverOptions {
  readonly beacon: BeaconApi;
  readonly signatures: SignatureLog;
  readonly genesisTimeMs: number;
  readonly slotMs: number;
  readonly validators: readonly number[];
  readonly say: (line: string) => void;
  /** Throws when a process has ended that should run. */
  readonly check: () => void;
}

// Aggregates are due at two thirds of a slot; nine tenths leave them time to be signed and published.
const endOfDuties = 0.9;

/** A wait that ends this late means that the clients could not do their duties either. */
const standstillMs = 5_000;

const readBlocks = async (beacon: BeaconApi, from: number, to: number): Promise<Map<number, Block>> => {
  const blocks = new Map<number, Block>();
  for (let slot = Math.max(1, from); slot <= to; slot++) {
    const block = await beacon.block(slot);
    if (block !== null) blocks.set(slot, block);
  }
  return blocks;
};

const share = ({ due, done }: { due: number; done: number }): string => `${done}/${due}`;

const progress = (tally: EpochTally, blocks: number, finalized: number): string =>
  `epoch ${tally.epoch}: ${blocks} blocks; ours so far: attestations ${share(tally.attestations)}, ` +
  `blocks ${share(tally.blocks)}, sync ${share(tally.sync)}, aggregates ${share(tally.aggregates)}; finalized ${finalized}`;

export const createObserver = (options: ObserverOptions): Observer => {
  const { beacon, genesisTimeMs, slotMs } = options;
  const duties = new Map<number, EpochDuties>();
  const slotStartMs = (slot: number): number => genesisTimeMs + slot * slotMs;

  const sleepUntil = async (timeMs: number): Promise<void> => {
    while (Date.now() < timeMs) {
      options.check();
      const beforeMs = Date.now();
      await sleep(Math.min(500, Math.max(1, timeMs - beforeMs)));
      const lateMs = Date.now() - beforeMs - 500;
      if (lateMs > standstillMs) {
        throw new Error(
          `this machine stood still for ${Math.round(lateMs / 1000)} s; what was counted means nothing`,
        );
      }
    }
  };

  const sayProgress = async (epoch: number): Promise<void> => {
    const due = duties.get(epoch);
    if (due === undefined) return;
    const first = epoch * slotsPerEpoch;
    const blocks = await readBlocks(
      beacon,
      first,
      Math.min(first + 2 * slotsPerEpoch, await beacon.headSlot()),
    );
    const inEpoch = [...blocks.keys()].filter((slot) => slot < first + slotsPerEpoch).length;
    options.say(
      progress(
        tallyEpoch(due, duties.get(epoch + 1), blocks, options.signatures.has),
        inEpoch,
        await beacon.finalizedEpoch(),
      ),
    );
  };

  const liveThrough = async (epoch: number): Promise<void> => {
    await sleepUntil(slotStartMs(epoch * slotsPerEpoch + 0.5));
    duties.set(epoch, await beacon.duties(epoch, options.validators));
    // The last attestations of the epoch before are in the first block of this one.
    await sleepUntil(slotStartMs(epoch * slotsPerEpoch + 2.8));
    await sayProgress(epoch - 1);
    await sleepUntil(slotStartMs((epoch + 1) * slotsPerEpoch - 1 + endOfDuties));
  };

  const readChain = async (): Promise<ChainRecord> => {
    const all = [...duties.values()];
    const doubleProposals: number[] = [];
    for (const { slot } of all.flatMap(({ proposers }) => proposers)) {
      if ((await beacon.blockRootsAt(slot)).length > 1) doubleProposals.push(slot);
    }
    return {
      duties: all,
      blocks: await readBlocks(beacon, 1, await beacon.headSlot()),
      doubleProposals,
      slashed: await beacon.slashedValidators(),
      finalizedEpoch: await beacon.finalizedEpoch(),
    };
  };

  const currentEpoch = (): number => Math.floor((Date.now() - genesisTimeMs) / slotMs / slotsPerEpoch);
  return { currentEpoch, slotStartMs, liveThrough, readChain };
};
