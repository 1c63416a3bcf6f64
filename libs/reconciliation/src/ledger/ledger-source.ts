/** The interface of a Formance Ledger that reconciliation uses. */
import type { LedgerTransaction } from '@tributary/feed';

export interface LedgerSource {
  /** Identifies the server and the ledger, without a secret: `https://ledger.example.com/main`. */
  readonly name: string;
  /**
   * Returns the next transactions after this id, sorted by id; an empty list at the end.
   * @throws LedgerError when the response of the ledger does not match its OpenAPI document
   */
  listTransactions(afterId: number): Promise<LedgerTransaction[]>;
  /** Returns the balance of one account for each asset, in minor units. @throws LedgerError */
  getBalances(address: string): Promise<ReadonlyMap<string, bigint>>;
}

/** The ledger could not be read. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}
