/** What reconciliation needs from a Formance Ledger. */
import type { LedgerTransaction } from '@tributary/feed';

export interface LedgerSource {
  /** Names the server and the ledger, without a secret: `https://ledger.example.com/main`. */
  readonly name: string;
  /**
   * Returns the next transactions after this id, sorted by id; an empty list at the end.
   * @throws LedgerError when the ledger does not answer as its document promises
   */
  listTransactions(afterId: number): Promise<LedgerTransaction[]>;
  /** Returns the balance of one account for each asset, in minor units. @throws LedgerError */
  getBalances(address: string): Promise<ReadonlyMap<string, bigint>>;
}

/** The ledger could not be read. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}
