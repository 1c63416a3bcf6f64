/** Ids of the data warnings about gaps. */

/** Prefix of the ids of data warnings about gaps. */
const WARNING_ID_PREFIX = 'completeness';

/** Returns the id of the data warning about the balance of an account in one asset. */
export function createGapWarningId({ accountId, asset }: { accountId: string; asset: string }): string {
  return `${WARNING_ID_PREFIX}:${accountId}:${asset}`;
}
