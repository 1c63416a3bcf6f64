/** Returns the key of an account in one asset for use in a Map. The two parts are separated by a space, which neither of them contains. */
export function toAccountAssetKey(accountId: string, asset: string): string {
  return `${accountId} ${asset}`;
}
