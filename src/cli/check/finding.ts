/**
 * What a check found: a line for a person, who is told what to do where something is wrong.
 */

export interface Finding {
  /** wrong: the node would not work. doubtful: it may, but look. */
  readonly verdict: 'good' | 'doubtful' | 'wrong';
  readonly text: string;
}

export const good = (text: string): Finding => ({ verdict: 'good', text });
export const doubtful = (text: string): Finding => ({ verdict: 'doubtful', text });
export const wrong = (text: string): Finding => ({ verdict: 'wrong', text });

const marks = { good: 'ok     ', doubtful: 'look   ', wrong: 'WRONG  ' } as const;

export const renderFinding = ({ verdict, text }: Finding): string =>
  `${marks[verdict]}${text.replaceAll('\n', '\n       ')}\n`;

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
