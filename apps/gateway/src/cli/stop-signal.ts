/** SIGTERM and SIGINT: the first one stops gracefully, a second one at once. */

/** Ctrl-C reaches a process twice when npm passes it on: within this time (milliseconds) it is the same one. */
const SAME_SIGNAL = 500;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** @returns a signal that aborts with the first stop signal. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = (signal: StopSignal): void => {
    if (!controller.signal.aborted) {
      firstAt = Date.now();
      controller.abort(signal);
    } else if (Date.now() - firstAt > SAME_SIGNAL) process.exit(EXIT_CODES[signal]);
  };
  for (const signal of Object.keys(EXIT_CODES) as StopSignal[]) process.on(signal, onSignal);
  return controller.signal;
}

/** The exit code of a command that was stopped before its end. */
export function exitCodeOf(stopped: AbortSignal): number {
  return EXIT_CODES[stopped.reason as StopSignal];
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
