/**
 * Writes an append-only chain of events to a table. Each hash also covers the hash of the previous event, so a changed event breaks the
 * chain.
 */
import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter } from './database-adapter.js';
import type { Schema } from './schema.js';

/** The end of a chain: the next event is appended after it. */
export interface ChainEnd {
  /** Sequence number and hash of the last event. In an empty chain: 0 and an empty string. */
  seq: number;
  hash: string;
  /** The present time of the database, in milliseconds since 1970. */
  now: number;
}

/** Locks the chains of the store until the commit, and returns the end of one chain. Must run inside a transaction of this adapter. */
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

/** Returns the hash of an event, in hex. @param previousHash hash of the previous event; empty for the first event */
export function hashEvent(previousHash: string, body: string): string {
  return createHash('sha256').update(previousHash).update(body).digest('hex');
}
