/** Compares every event of the audit log with its hash, and checks that no event is missing. */
import type { Kysely } from 'kysely';
import { hashEvent } from '../database/hash-chain.js';
import type { Schema } from '../database/schema.js';
import { assertStoreExists, withDatabase, type StoreLocation } from '../store/open-store.js';

/** The number of events that are read and kept in memory at a time. */
const BATCH_ROWS = 500;

export interface AuditVerification {
  /** The number of events that are unchanged, counted from the first event. */
  events: number;
  /** The sequence number of the first event that was changed or is missing; absent when all events are unchanged. */
  firstChanged?: number;
}

/**
 * Verifies all events on one snapshot of the database, with limited memory. The function cannot detect that the newest events were deleted,
 * because no later event refers to them.
 * @throws Error when the store cannot be opened
 */
export async function verifyAuditEvents(location: string | StoreLocation): Promise<AuditVerification> {
  assertStoreExists(location);
  return withDatabase(location, (adapter) => adapter.readSnapshot(verifyChain));
}

async function verifyChain(db: Kysely<Schema>): Promise<AuditVerification> {
  let [seq, previousHash] = [0, ''];
  for (;;) {
    const rows = await db
      .selectFrom('audit_events')
      .select(['seq', 'body', 'hash'])
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(BATCH_ROWS)
      .execute();
    for (const row of rows) {
      if (row.seq !== seq + 1 || row.hash !== hashEvent(previousHash, row.body))
        return { events: seq, firstChanged: seq + 1 };
      [seq, previousHash] = [row.seq, row.hash];
    }
    if (rows.length < BATCH_ROWS) return { events: seq };
  }
}
