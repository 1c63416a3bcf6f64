/** Creates the ids of the data warnings about gaps (differences between a balance and the sum of its rows). */

/** The prefix that the ids of all data warnings about gaps have. */
const WARNING_ID_PREFIX = 'completeness';

/** Returns the id of the data warning about the balance of an account in one asset. */
export function createGapWarningId({ accountId, asset }: { accountId: string; asset: string }): string {
  return `${WARNING_ID_PREFIX}:${accountId}:${asset}`;
}
