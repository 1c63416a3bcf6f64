/** Finds the rows of a connector that were served to a reader of Formance. */
import type { Store } from '@tributary/feed';

export interface ServedRows {
  /** The sequence number of the last row that was served to the reader, for each feed; 0 if no row was served. */
  rows: Record<'transactions' | 'accounts' | 'beneficiaries', number>;
  /** The time of the reader's last request for transactions, in milliseconds since 1970. */
  requestedAt: number;
}

/**
 * Finds the last rows that were served to a reader.
 * @returns `undefined` if the reader never got a page of transactions
 */
export async function findServedRows(
  store: Store,
  path: string,
  reader: string,
): Promise<ServedRows | undefined> {
  const readHead = async (stream: keyof ServedRows['rows']) =>
    (await (await store.feed(path, stream)).head()).rows;
  // The heads are read before the positions of the reader. If a row is appended between the two queries, the reader then seems to have
  // fewer rows, and this row is not expected in Formance. In the opposite sequence, the row would be reported as missing.
  const heads = {
    transactions: await readHead('transactions'),
    accounts: await readHead('accounts'),
    beneficiaries: await readHead('beneficiaries'),
  };
  const positions = (await store.findReaderPositions([path])).filter((one) => one.reader === reader);
  const countServed = (stream: keyof ServedRows['rows']) => {
    const rowsBehind = positions.find((position) => position.stream === stream)?.rowsBehind;
    return rowsBehind === undefined ? 0 : Math.max(0, heads[stream] - rowsBehind);
  };
  const transactions = positions.find(({ stream }) => stream === 'transactions');
  if (transactions?.rowsBehind === undefined) return undefined;
  return {
    rows: {
      transactions: countServed('transactions'),
      accounts: countServed('accounts'),
      beneficiaries: countServed('beneficiaries'),
    },
    requestedAt: transactions.requestedAt,
  };
}
