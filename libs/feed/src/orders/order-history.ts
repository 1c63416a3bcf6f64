/** Stores the history of an order as numbered entries. Two successive entries are never equal. */
import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';
import type { StoredOrder } from '../types/order.types.js';

/** The last entry of an order's history. `state` and `event` are absent if the order has no entry yet. */
export interface LastHistoryEntry {
  /** The number of the entry, which is also the number of entries. */
  entry: number;
  state?: string;
  event?: string;
}

/** The value for an order that has no entry yet. */
export const FIRST_HISTORY_ENTRY: LastHistoryEntry = { entry: 0 };

/** The columns that a statement returns when it locks an order. */
interface OrderWithLastEntry {
  id: string;
  entries: number;
  last_state: string | null;
  last_event: string | null;
}

/** Returns the columns `last_state` and `last_event` for the clause `returning` of a statement. */
export function selectLastHistoryEntry() {
  const select = (column: 'state' | 'event') =>
    sql<
      string | null
    >`(select ${sql.ref(column)} from order_history where order_id = orders.id and entry = orders.entries)`;
  return [select('state').as('last_state'), select('event').as('last_event')] as const;
}

/**
 * Returns the last entry of an order's history. If the statement had to wait for the lock, its result does not contain an entry that was
 * written during the wait. Then the entry is read again.
 */
export async function toLastHistoryEntry(
  db: Kysely<Schema>,
  order: OrderWithLastEntry,
): Promise<LastHistoryEntry> {
  const { id, entries, last_state, last_event } = order;
  if (entries === 0) return FIRST_HISTORY_ENTRY;
  if (last_state !== null && last_event !== null)
    return { entry: entries, state: last_state, event: last_event };
  const last = await db
    .selectFrom('order_history')
    .select(['state', 'event'])
    .where('order_id', '=', id)
    .where('entry', '=', entries)
    .executeTakeFirst();
  return { entry: entries, ...last };
}

/**
 * Builds the statement that adds an entry to the history.
 * @param at milliseconds since 1970
 */
export function insertHistoryEntry(
  db: Kysely<Schema>,
  { id, state }: StoredOrder,
  { entry }: LastHistoryEntry,
  event: string,
  at: number,
): CompiledQuery {
  return db
    .insertInto('order_history')
    .values({ order_id: id, entry: entry + 1, at, state, event })
    .compile();
}
