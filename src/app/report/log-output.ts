/**
 * Where log lines go. With a full disk behind it, its reader stuck or gone, lines get lost; the process has duties and neither
 * waits nor ends for them.
 */
import { type DestinationStream, pino } from 'pino';

/** Lines that wait for room. What is logged when these are as many is lost. Bytes */
const waitingMax = 1024 * 1024;
/** How long room is waited for once the process ends, and nothing else has to wait. ms */
const lastWaitMs = 3000;

/** `onLosing` gets a reason whenever it begins. What waits is written with the next line that finds room, or at the end. */
export const createLogOutput = (fd: number, onLosing: (why: string) => void): DestinationStream => {
  let waitUntilMs = 0;
  const output = pino.destination({
    dest: fd,
    sync: true,
    maxLength: waitingMax,
    retryEAGAIN: () => performance.now() < waitUntilMs,
  });
  let [isLosing, isFull] = [false, false];
  const tell = (why: string): void => {
    if (!isLosing) onLosing(why);
    isLosing = true;
  };
  output.on('error', (error: NodeJS.ErrnoException) => {
    // A pipe is full: what its reader does not take in time waits, and may yet be read.
    isFull = error.code === 'EAGAIN';
    if (!isFull) tell(error.message);
  });
  output.on('drop', () => tell('nobody reads them'));
  output.on('write', (bytes: number) => {
    if (bytes === 0) return;
    isLosing = false;
    isFull = false;
  });
  process.once('exit', () => {
    // Not flushSync(): on other errors than a full pipe's it tries for ever.
    waitUntilMs = performance.now() + lastWaitMs;
    if (isFull) output.write('');
  });
  return output;
};
