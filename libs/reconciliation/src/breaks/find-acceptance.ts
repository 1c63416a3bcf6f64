/** Determines whether the acceptance of a break is still valid. */
import type { Decisions } from '../events/read-decisions.js';
import type { Break } from './break.types.js';

/**
 * Returns the acceptance of a break. The result is `undefined` if a person has not accepted the break, if the break has changed since then,
 * or if the acceptance has ended.
 * @param asOf the time at which the acceptance must be valid, in milliseconds since 1970
 */
export function findValidAcceptance(
  { acceptances }: Pick<Decisions, 'acceptances'>,
  breakId: string,
  fingerprint: string,
  asOf: number,
): Break['acceptance'] {
  const acceptance = acceptances.get(breakId);
  if (acceptance?.fingerprint !== fingerprint) return undefined;
  const { by, note, at, until } = acceptance;
  if (until !== undefined && asOf >= Date.parse(until)) return undefined;
  return { by, note, at, ...(until !== undefined && { until }) };
}
