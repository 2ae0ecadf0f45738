/**
 * SIGHUP to a service means: read your configuration anew. At a terminal it means that somebody closed it; there the process ends.
 */
export const onHangUp = (reload: () => void): Disposable => {
  const isAtTerminal = process.stdout.isTTY;
  const listener = (): void => reload();
  if (!isAtTerminal) process.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => void process.off('SIGHUP', listener) };
};
