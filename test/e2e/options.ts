/**
 * The command line of the end-to-end run: `node test/e2e/main.ts [options]`.
 *
 * An epoch of the minimal preset has 8 slots.
 */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../script-options.ts';

export const slotsPerEpoch = 8;

export interface Options {
  /** Epochs counted while all four operators are healthy. */
  readonly healthyEpochs: number;
  /** Epochs counted while one operator is stopped. */
  readonly oneStoppedEpochs: number;
  readonly slotSeconds: number;
  readonly faults: boolean;
  readonly signer: 'quorate' | 'mock';
  /** Where the JSON report goes; null: beside the logs. */
  readonly reportFile: string | null;
  readonly keepFiles: boolean;
}

export const usage = `node test/e2e/main.ts [options]

Runs an unmodified Lodestar 1.5.1 beacon node and four validator clients, each at its own Quorate node, on a local
minimal-preset chain, and reads from the chain what became of the duties.

  --slots N            slots counted with four healthy operators, whole epochs of 8      (default 32)
  --slot-seconds S     seconds per slot, 3 to 12                                         (default 4)
  --skip faults        only the healthy part
  --quick              fewer epochs in every part
  --signer mock        a stand-in for Quorate inside this process: tests the harness, says nothing about Quorate
  --report FILE        where to write the JSON report                                    (default: beside the logs)
  --keep               keep logs and data of a run that passed
  --help`;

/** Throws with a sentence for a person when a flag is unknown or out of range; null when help was asked for. */
export const parseOptions = (argv: readonly string[]): Options | null => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      slots: { type: 'string' },
      'slot-seconds': { type: 'string', default: '4' },
      skip: { type: 'string' },
      quick: { type: 'boolean', default: false },
      signer: { type: 'string', default: 'quorate' },
      report: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (values.skip !== undefined && values.skip !== 'faults') throw new Error('--skip knows only: faults');
  if (values.signer !== 'quorate' && values.signer !== 'mock') throw new Error('--signer is quorate or mock');
  const slots = wholeNumber(values.slots ?? (values.quick ? '16' : '32'), '--slots', 1, 4096);
  return {
    healthyEpochs: Math.ceil(slots / slotsPerEpoch),
    oneStoppedEpochs: values.quick ? 2 : 3,
    slotSeconds: wholeNumber(values['slot-seconds'], '--slot-seconds', 3, 12),
    faults: values.skip === undefined,
    signer: values.signer,
    reportFile: values.report ?? null,
    keepFiles: values.keep,
  };
};
