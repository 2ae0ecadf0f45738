/**
 * The port Clock over the machine's clock.
 */
import type { Clock } from '../workflow/ports.ts';

/** Node fires a timer at once where its delay does not fit 32 bits. */
const delayMsMax = 2 ** 31 - 1;

export const createClock = (): Clock => ({
  now: () => Date.now(),
  at(timeMs, task) {
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      const left = timeMs - Date.now();
      // A timer may fire a millisecond early, and the wall clock may be set back meanwhile: then it waits again.
      if (left <= 0) task();
      else sleep(left);
    };
    // What is due runs after what this turn of the event loop still brings; a timer would take a millisecond or two.
    if (timeMs <= Date.now()) {
      const immediate = setImmediate(task).unref();
      return () => clearImmediate(immediate);
    }
    // A timer alone keeps no process alive: what has closed its servers may end.
    const sleep = (leftMs: number): void => {
      timer = setTimeout(wait, Math.min(Math.max(0, Math.ceil(leftMs)), delayMsMax)).unref();
    };
    sleep(timeMs - Date.now());
    return () => clearTimeout(timer);
  },
});
