/** Stores the audit trail of reconciliation as a chain of events, in which each event has a hash that covers the previous hash. */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { hashEvent, lockChainEnd } from '../database/hash-chain.js';
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
      const last = await adapter.reader
        .selectFrom('reconciliation_events')
        .select('seq')
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      return last?.seq ?? 0;
    },
  };
}

/** Appends an event to the chain. The function must be called inside a transaction of this adapter. */
export async function appendEventTo(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  event: object,
): Promise<StoredReconciliationEvent> {
  const end = await lockChainEnd(db, adapter, 'reconciliation_events');
  const seq = end.seq + 1;
  const body = JSON.stringify({ seq, at: new Date(end.now).toISOString(), ...event });
  const stored = { seq, body, hash: hashEvent(end.hash, body) };
  await db.insertInto('reconciliation_events').values(stored).execute();
  return stored;
}
