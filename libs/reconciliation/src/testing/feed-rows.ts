/** Creates rows of transactions feeds, for tests of runs. */
import { serializeTransaction, type Transaction } from '@tributary/connector-api';
import { getCurrentProcess, type Store } from '@tributary/feed';

const LEASE_MS = 60_000;

/** Appends rows to the transactions feed of a connector, as one page. */
export async function appendRows(
  store: Store,
  connector: string,
  rows: readonly Transaction[],
): Promise<void> {
  const lease = await (
    await store.feed(connector, 'transactions')
  ).acquireLease(getCurrentProcess(), LEASE_MS);
  await lease!.append({
    records: rows.map((row) => serializeTransaction(row)),
    ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c' },
  });
  await lease!.release();
}

/**
 * Creates a payment into an account.
 * @param amount minor units of EUR
 * @param at milliseconds since 1970
 */
export function createPayment(id: string, accountId: string, amount: bigint, at: number): Transaction {
  return {
    ...{ id, createdAt: new Date(at).toISOString(), type: 'PAYIN', status: 'SUCCEEDED' },
    ...{ destinationAccountId: accountId, amount: { amount, asset: 'EUR/2' } },
  };
}
