/**
 * Stores which balances each reader (the client of one API key) got last for each account. So a reader gets the same times from all
 * gateways, also after a restart.
 */
import type { ServedBalances } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter, CurrentTimeExpression } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import type { ReaderBalance } from './choose-served-time.js';

interface ReaderAccount {
  reader: string;
  accountId: string;
}

/** A response to a reader (the client of one API key), and the state that is stored for this reader afterwards. */
export interface BalancesServedToReader extends ReaderAccount {
  balances: ServedBalances;
  next: ReaderBalance;
}

/** Returns the key of a reader and an account for use in a Map. */
export function createReaderKey({ reader, accountId }: ReaderAccount): string {
  return `${reader} ${accountId}`;
}

/**
 * Reads the stored states of readers and accounts. `now` is the time of the store's clock.
 * @param isLocking true if the rows are locked until the commit. Concurrent first requests of a reader find no row to lock, but they get
 * the same time, so the order of their writes does not matter
 */
export async function readReaderBalances(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connector: string,
  requests: readonly ReaderAccount[],
  clock: CurrentTimeExpression,
  isLocking: boolean,
): Promise<{ now: number; known: Map<string, ReaderBalance> }> {
  const { now } = await db.selectNoFrom(clock().as('now')).executeTakeFirstOrThrow();
  if (requests.length === 0) return { now, known: new Map() };
  const rows = await db
    .selectFrom('reader_balances')
    .select(['reader', 'account_id', 'amounts_since', 'served_at', 'requested_at', 'interval_ms'])
    .where('connector', '=', connector)
    .where(adapter.inArray('reader', [...new Set(requests.map(({ reader }) => reader))]))
    .where(adapter.inArray('account_id', [...new Set(requests.map(({ accountId }) => accountId))]))
    // Transactions that lock several rows must lock them in the same sequence, because they could otherwise wait for each other for ever.
    .orderBy('reader')
    .orderBy('account_id')
    .modifyEnd(isLocking ? adapter.forUpdate : sql``)
    .execute();
  const known = rows.map((row): [string, ReaderBalance] => [
    createReaderKey({ reader: row.reader, accountId: row.account_id }),
    {
      since: row.amounts_since,
      servedAt: row.served_at,
      requestedAt: row.requested_at,
      intervalMs: row.interval_ms ?? undefined,
    },
  ]);
  return { now, known: new Map(known) };
}

/** Stores which balances each reader got last for each account, and with which time. */
export async function saveReaderBalances(
  db: Kysely<Schema>,
  connector: string,
  served: readonly BalancesServedToReader[],
): Promise<void> {
  // A statement cannot write the same row twice. Two requests of one reader for one account get the same response, so only one of them is
  // written.
  const unique = [...new Map(served.map((each) => [createReaderKey(each), each]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each);
  if (unique.length === 0) return;
  await db
    .insertInto('reader_balances')
    .values(
      unique.map(({ reader, accountId, next }) => ({
        connector,
        reader,
        account_id: accountId,
        amounts_since: next.since,
        served_at: next.servedAt,
        requested_at: next.requestedAt,
        interval_ms: next.intervalMs ?? null,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['connector', 'reader', 'account_id']).doUpdateSet((eb) => ({
        amounts_since: eb.ref('excluded.amounts_since'),
        served_at: eb.ref('excluded.served_at'),
        requested_at: eb.ref('excluded.requested_at'),
        interval_ms: eb.ref('excluded.interval_ms'),
      })),
    )
    .execute();
}
