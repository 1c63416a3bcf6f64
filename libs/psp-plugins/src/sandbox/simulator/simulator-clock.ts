/** The clock of the simulated PSP, as a provider that tests replace. */

/** Returns milliseconds since 1970. */
export type Clock = () => number;

/** Injection token of the `Clock`. */
export const SANDBOX_CLOCK = Symbol('CLOCK');
