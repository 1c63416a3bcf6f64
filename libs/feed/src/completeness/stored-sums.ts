import type { AccountSum } from '../types/completeness.types.js';

/** The sums of accounts. `readAccountSums` returns them as the table `account_sums` contains them, i.e. without the recent sums. */
export interface StoredSums {
  /** The ids of the accounts whose sums were read. */
  accountIds: ReadonlySet<string>;
  /** The sums with the states of their checks, by account and asset. */
  sums: ReadonlyMap<string, AccountSum>;
}
