/** Handles SIGTERM and SIGINT: the first signal stops the program gracefully, and a second signal stops it immediately. */

/**
 * Time in milliseconds within which a second signal is ignored as a duplicate. If npm forwards Ctrl-C, the process gets the signal twice.
 */
const DUPLICATE_SIGNAL_WINDOW_MS = 500;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** Creates a signal that aborts with the first SIGTERM or SIGINT. */
export function createStopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstSignalAt = 0;
  const onSignal = (signal: StopSignal): void => {
    if (!controller.signal.aborted) {
      firstSignalAt = Date.now();
      controller.abort(signal);
    } else if (Date.now() - firstSignalAt > DUPLICATE_SIGNAL_WINDOW_MS) process.exit(EXIT_CODES[signal]);
  };
  for (const signal of Object.keys(EXIT_CODES) as StopSignal[]) process.on(signal, onSignal);
  return controller.signal;
}

/** Returns the exit code of a command that a stop signal ended early. */
export function getStopExitCode(stopped: AbortSignal): number {
  return EXIT_CODES[stopped.reason as StopSignal];
}

export function waitUntilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
