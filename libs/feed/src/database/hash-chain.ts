/** An append-only chain of events in a table. Each hash covers the hash of the event before, so a changed event breaks the chain. */
import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter } from './database-adapter.js';
import type { Schema } from './schema.js';

/** What the next event of a chain follows. */
export interface ChainEnd {
  /** Sequence number and hash of the last event; 0 and an empty hash before the first one. */
  seq: number;
  hash: string;
  /** The present time of the database, in milliseconds since 1970. */
  now: number;
}

/** Locks the chains of the store until the commit, and returns the end of one of them. Must run inside a transaction of this adapter. */
export async function lockChainEnd(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  table: 'audit_events' | 'reconciliation_events',
): Promise<ChainEnd> {
  // The row of the store's identity always exists, so it can serve as the lock of the chains.
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

/** Returns the hash of an event, in hex. @param previousHash hash of the event before; empty for the first one */
export function hashEvent(previousHash: string, body: string): string {
  return createHash('sha256').update(previousHash).update(body).digest('hex');
}
