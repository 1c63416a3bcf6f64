/** The keys and the ledger accounts of a demo. */

export const OPERATOR_KEY = 'demo-key-of-the-operator';

export function toApiKey(connector: string): string {
  return `demo-key-of-${connector}`;
}

/** Returns the address of the ledger account that represents an account at the PSP. */
export function toLedgerAccount(connector: string, account: string): string {
  return `psp:${connector}:${account.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}`;
}
