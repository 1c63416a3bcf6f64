/** Finds out which rows of a connector a reader of Formance was served. */
import type { Store } from '@tributary/feed';

export interface ServedRows {
  /** Sequence number of the last row of each feed that the reader was served. 0 if it was served none. */
  rows: Record<'transactions' | 'accounts' | 'beneficiaries', number>;
  /** When the reader asked for transactions the last time. Milliseconds since 1970. */
  requestedAt: number;
}

/** @returns undefined if the reader was never served a page of transactions */
export async function findServedRows(
  store: Store,
  path: string,
  reader: string,
): Promise<ServedRows | undefined> {
  const readHead = async (stream: keyof ServedRows['rows']) =>
    (await (await store.feed(path, stream)).head()).rows;
  // The heads are read before the positions. A row that is appended between the two makes the reader look further behind, so it is not expected
  // in Formance. In the other sequence it would be reported as missing.
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
