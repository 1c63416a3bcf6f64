/** Counts the data of one connector in a store. */
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';
import { FINAL_ORDER_STATES } from '../types/order.types.js';
import type { ORDER_TABLES, PULLED_DATA_TABLES } from './connector-tables.js';

/** The number of rows that the store contains of a connector. */
export interface ConnectorData {
  /** The feeds, sorted by stream. */
  feeds: { stream: string; rows: number }[];
  quarantineEntries: number;
  /** The number of accounts that have a balance. */
  balances: number;
  runs: number;
  /** The number of clients whose position in a feed, or whose last balances, the store contains. */
  readers: number;
  orders: number;
}

type ConnectorColumnTable = (typeof PULLED_DATA_TABLES)[number] | (typeof ORDER_TABLES)[number];

export async function countConnectorData(db: Kysely<Schema>, connector: string): Promise<ConnectorData> {
  const feeds = await db
    .selectFrom('feeds')
    .select(['stream', 'head_seq as rows'])
    .where('connector', '=', connector)
    .orderBy('stream')
    .execute();
  return {
    feeds,
    quarantineEntries: await countQuarantineEntries(db, connector),
    balances: await countRows(db, 'balances', connector),
    runs: await countRows(db, 'sync_runs', connector),
    readers: await countReaders(db, connector),
    orders: await countRows(db, 'orders', connector),
  };
}

/** Returns the ids of the orders of a connector that are not final, oldest first. */
export async function findOpenOrderIds(db: Kysely<Schema>, connector: string): Promise<string[]> {
  const rows = await db
    .selectFrom('orders')
    .select('id')
    .where('connector', '=', connector)
    .where('state', 'not in', FINAL_ORDER_STATES)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

async function countRows(
  db: Kysely<Schema>,
  table: ConnectorColumnTable,
  connector: string,
): Promise<number> {
  const { count } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll().as('count'))
    .where('connector', '=', connector)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function countQuarantineEntries(db: Kysely<Schema>, connector: string): Promise<number> {
  const { count } = await db
    .selectFrom('quarantine')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('feed_id', 'in', (eb) => eb.selectFrom('feeds').select('id').where('connector', '=', connector))
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function countReaders(db: Kysely<Schema>, connector: string): Promise<number> {
  const readers = await db
    .selectFrom('reader_positions')
    .select('reader')
    .where('connector', '=', connector)
    .union(db.selectFrom('reader_balances').select('reader').where('connector', '=', connector))
    .execute();
  return readers.length;
}
