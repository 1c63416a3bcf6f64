/** The interface through which reconciliation reads a Formance Ledger. */
import type { LedgerTransaction } from '@tributary/feed';

export interface LedgerSource {
  /** Identifies the server and the ledger, e.g. `https://ledger.example.com/main`. The name contains no secret. */
  readonly name: string;
  /**
   * Returns the next transactions after this id, sorted by id. The list is empty when there are no more transactions.
   * @throws LedgerError when the ledger cannot be read, or its response does not match its OpenAPI document
   */
  listTransactions(afterId: number): Promise<LedgerTransaction[]>;
  /**
   * Returns the balance of one account for each asset, in minor units.
   * @throws LedgerError when the ledger cannot be read
   */
  getBalances(address: string): Promise<ReadonlyMap<string, bigint>>;
}

/** Thrown when the ledger cannot be read. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}
