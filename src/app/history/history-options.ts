/**
 * Options of decided history.
 */
import { optionsOf } from '../settings/option.ts';

const history = optionsOf('Decided history');

export const historyProperties = {
  'catch-up': history.choice(
    ['required', 'skip'],
    'After a start, sign votes and blocks only once a quorum of operators has told what was signed before, or at once; skip only if this operator has certainly signed nothing that its database does not know',
    { default: 'required' },
  ),
  'history-epochs': history.integer('EPOCHS', 'How many epochs of decisions are kept', {
    default: 82_125,
    minimum: 64,
    maximum: 10_000_000,
  }),
  'history-max-mb': history.integer('MB', 'Size of the history at which the oldest decisions go', {
    default: 4096,
    minimum: 16,
    maximum: 1_000_000,
  }),
};

export interface HistoryConfig {
  readonly catchUp: 'required' | 'skip';
  readonly historyEpochs: number;
  readonly historyMaxMb: number;
}
