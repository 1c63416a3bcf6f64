/** The clock of the simulated PSP. Nest provides it, so that tests can replace it. */

/** A function that returns the time in milliseconds since 1970. */
export type SandboxClock = () => number;

/** Injection token of the `Clock`. */
export const SANDBOX_CLOCK = Symbol('CLOCK');
