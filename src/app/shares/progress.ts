/**
 * How far a long piece of work is: a bar where a person watches the terminal, else a log line now and then.
 */
import type { Logger } from 'pino';

export interface ProgressTerminal {
  readonly isTTY?: boolean;
  /** Some terminals say 0. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  readonly show: (done: number, total: number) => void;
  /** As in "12 of 40 keystores decrypted"; null before anything was shown. */
  readonly sentence: () => string | null;
}

const barEveryMs = 100;
const lineEveryMs = 5000;

/** `things`: what is counted and what is done to it, as "keystores decrypted". */
export const createProgress = (
  things: string,
  log: Logger,
  terminal: ProgressTerminal = process.stderr,
  now: () => number = () => performance.now(),
): Progress => {
  const isWatched = terminal.isTTY === true;
  let last: string | null = null;
  let begun = now();
  let toldAt = now();

  const show = (done: number, total: number): void => {
    if (done <= 1) begun = now();
    last = `${done} of ${total} ${things}`;
    const isEnd = done === total;
    if (!isEnd && now() < toldAt + (isWatched ? barEveryMs : lineEveryMs)) return;
    toldAt = now();
    if (isWatched) terminal.write(barOf(done, total, last, now() - begun, terminal.columns || 80));
    // The end is told by whoever does the work.
    else if (!isEnd) log.info({ done, total }, last);
  };
  return { show, sentence: () => last };
};

/** Written over itself; the last one is wiped. */
const barOf = (done: number, total: number, text: string, tookMs: number, columns: number): string => {
  if (done === total) return '\r\x1b[K';
  const leftS = Math.ceil((tookMs / done) * (total - done)) / 1000;
  const tail = ` ${text}, ${Math.ceil(leftS)} s left`;
  const width = Math.max(0, Math.min(40, columns - tail.length - 3));
  const filled = Math.floor((width * done) / total);
  return `\r[${'='.repeat(filled)}${' '.repeat(width - filled)}]${tail}\x1b[K`;
};
