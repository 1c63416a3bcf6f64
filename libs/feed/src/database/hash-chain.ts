/**
 * Writes a chain of events to a table. Events are only appended. Each event has a hash that also covers the hash of the previous event, so
 * the hashes no longer agree if an event is changed.
 */
import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter } from './database-adapter.js';
import type { Schema } from './schema.js';

/** The end of a chain, after which the next event is appended. */
export interface ChainEnd {
  /** The sequence number and the hash of the last event. In an empty chain, they are 0 and an empty string. */
  seq: number;
  hash: string;
  /** The present time of the database, in milliseconds since 1970. */
  now: number;
}

/**
 * Locks the chains of the store until the commit, and returns the end of one chain. The function must be called inside a transaction of
 * this adapter.
 */
export async function lockChainEnd(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  table: 'audit_events' | 'reconciliation_events',
): Promise<ChainEnd> {
  // The row with the store's identity always exists, so locking this row locks the chains.
  await sql`select store_id from store_identity ${adapter.forUpdate}`.execute(db);
  const last = await db
    .selectFrom(table)
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { now } = await db.selectNoFrom(adapter.currentTime.as('now')).executeTakeFirstOrThrow();
  return { seq: last?.seq ?? 0, hash: last?.hash ?? '', now };
}

/**
 * Returns the hash of an event, in hexadecimal digits.
 * @param previousHash hash of the previous event; empty for the first event
 */
export function hashEvent(previousHash: string, body: string): string {
  return createHash('sha256').update(previousHash).update(body).digest('hex');
}
