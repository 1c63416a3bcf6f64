/** Reads the rows of feeds, and stores and reads the transactions of ledgers. */
import { sql, type Selectable } from 'kysely';
import type { DatabaseAdapter, RowsTableColumn } from '../database/database-adapter.js';
import type { LedgerTransactionTable } from '../database/reconciliation-schema.js';
import { findFeedId } from '../feeds/find-feed-id.js';
import type {
  LedgerPosting,
  LedgerTransaction,
  ReconciliationRepository,
} from '../types/reconciliation.types.js';

type SourceReader = Pick<
  ReconciliationRepository,
  | 'findNewestLedgerId'
  | 'storeLedgerTransactions'
  | 'readLedgerTransactions'
  | 'findLedgerTransaction'
  | 'readFeedRows'
  | 'findFeedHead'
  | 'findFeedRow'
>;

const LEDGER_COLUMNS = [
  { name: 'ledger', type: 'text' },
  { name: 'id', type: 'integer' },
  { name: 'at', type: 'integer' },
  { name: 'reference', type: 'text' },
  { name: 'metadata', type: 'text' },
  { name: 'postings', type: 'text' },
] as const satisfies readonly RowsTableColumn[];
const LEDGER_COLUMN_NAMES = sql.join(LEDGER_COLUMNS.map(({ name }) => sql.ref(name)));

export function createSourceRepository(adapter: DatabaseAdapter): SourceReader {
  const { reader } = adapter;
  return {
    async findNewestLedgerId(ledger) {
      const row = await reader
        .selectFrom('ledger_transactions')
        .select('id')
        .where('ledger', '=', ledger)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    },

    async storeLedgerTransactions(ledger, transactions) {
      if (transactions.length === 0) return;
      // One parameter for all rows. With one parameter for each value, a page of 1 000 transactions would need a statement with 6 000
      // parameters, and building and keeping such statements needs more memory than the data.
      const insert = sql`
        insert into ledger_transactions (${LEDGER_COLUMN_NAMES})
        select * from ${adapter.rowsTable(LEDGER_COLUMNS, toRows(ledger, transactions))}
        on conflict (ledger, id) do nothing`;
      await adapter.durableTransaction((db) => insert.execute(db));
    },

    async readLedgerTransactions(ledger, afterId, limit) {
      const rows = await reader
        .selectFrom('ledger_transactions')
        .selectAll()
        .where('ledger', '=', ledger)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(toLedgerTransaction);
    },

    async findLedgerTransaction(ledger, id) {
      const row = await reader
        .selectFrom('ledger_transactions')
        .selectAll()
        .where('ledger', '=', ledger)
        .where('id', '=', id)
        .executeTakeFirst();
      return row && toLedgerTransaction(row);
    },

    async readFeedRows(connector, afterSeq, limit) {
      const feedId = await findFeedId(reader, connector, 'transactions');
      if (feedId === undefined) return [];
      return reader
        .selectFrom('feed_rows')
        .select(['seq', 'record_id as recordId', 'body'])
        .where(adapter.isRowAfter(feedId, afterSeq))
        .orderBy(adapter.rowPosition)
        .limit(limit)
        .execute();
    },

    async findFeedHead(connector) {
      const row = await reader
        .selectFrom('feeds')
        .select((eb) => [
          'head_seq',
          'summed_after',
          eb
            .exists(
              eb
                .selectFrom('held_rows')
                .select('position')
                .whereRef('held_rows.feed_id', '=', 'feeds.id')
                .where('served_alone_at', 'is', null),
            )
            .as('has_waiting_rows'),
        ])
        .where('connector', '=', connector)
        .where('stream', '=', 'transactions')
        .executeTakeFirst();
      return {
        seq: row?.head_seq ?? 0,
        summedAfter: row?.summed_after ?? 0,
        hasWaitingRows: Boolean(row?.has_waiting_rows),
      };
    },

    async findFeedRow(connector, recordId, upToSeq) {
      const feedId = await findFeedId(reader, connector, 'transactions');
      if (feedId === undefined) return undefined;
      return reader
        .selectFrom('feed_rows')
        .select(['seq', 'record_id as recordId', 'body'])
        .where('feed_id', '=', feedId)
        .where('record_id', '=', recordId)
        .where('seq', '<=', upToSeq)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
    },
  };
}

function toRows(ledger: string, transactions: readonly LedgerTransaction[]) {
  return transactions.map(({ id, at, reference, metadata, postings }) => ({
    ...{ ledger, id, at, reference: reference ?? null },
    ...{ metadata: JSON.stringify(metadata), postings: JSON.stringify(postings) },
  }));
}

function toLedgerTransaction(row: Selectable<LedgerTransactionTable>): LedgerTransaction {
  return {
    ...{ id: row.id, at: row.at, reference: row.reference ?? undefined },
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    postings: JSON.parse(row.postings) as LedgerPosting[],
  };
}
