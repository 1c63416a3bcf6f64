/** The result of a run, or of one leg of a run, as one word. */

/**
 * `reconciled`: every item is matched, or its break is accepted. `pending`: all other breaks are still within the grace period of the
 * policy. `breaks`: at least one break is open. `incomplete`: the data proves nothing, because a source is behind or a sum is wrong.
 */
export const VERDICTS = ['reconciled', 'pending', 'breaks', 'incomplete'] as const;
export type Verdict = (typeof VERDICTS)[number];
