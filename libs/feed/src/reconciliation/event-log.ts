/** The audit trail: an append-only chain of events. Each hash covers the hash of the event before, so a changed event breaks the chain. */
import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import type { ReconciliationRepository, StoredReconciliationEvent } from '../types/reconciliation.types.js';

type EventLog = Pick<ReconciliationRepository, 'appendEvent' | 'readEvents' | 'findLastEventSeq'>;

export function createEventLog(adapter: DatabaseAdapter): EventLog {
  return {
    appendEvent: (event) => adapter.durableTransaction((db) => appendEventTo(db, adapter, event)),

    readEvents: (afterSeq, limit) =>
      adapter.reader
        .selectFrom('reconciliation_events')
        .selectAll()
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute(),

    async findLastEventSeq() {
      return (await findLastEvent(adapter.reader))?.seq ?? 0;
    },
  };
}

/** Returns the hash of an event, in hex. @param previousHash hash of the event before; empty for the first one */
export function hashEvent(previousHash: string, body: string): string {
  return createHash('sha256').update(previousHash).update(body).digest('hex');
}

/** Appends an event. Must run inside a transaction of this adapter. */
export async function appendEventTo(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  event: object,
): Promise<StoredReconciliationEvent> {
  // The row of the store's identity always exists, so it can serve as the lock of the chain.
  await sql`select store_id from store_identity ${adapter.forUpdate}`.execute(db);
  const last = await findLastEvent(db);
  const { now } = await db.selectNoFrom(adapter.currentTime.as('now')).executeTakeFirstOrThrow();
  const body = JSON.stringify({ seq: (last?.seq ?? 0) + 1, at: new Date(now).toISOString(), ...event });
  const stored = { seq: (last?.seq ?? 0) + 1, body, hash: hashEvent(last?.hash ?? '', body) };
  await db.insertInto('reconciliation_events').values(stored).execute();
  return stored;
}

async function findLastEvent(db: Kysely<Schema>): Promise<StoredReconciliationEvent | undefined> {
  return db
    .selectFrom('reconciliation_events')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}
