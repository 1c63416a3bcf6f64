/** The audit log: an append-only chain of the changes that operators made. Each hash covers the hash of the event before. */
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { hashEvent } from '../reconciliation/event-log.js';
import type { AuditEntry, AuditEvent } from '../types/audit.types.js';
import type { OperatorRepository } from '../types/operator.types.js';

type AuditLog = Pick<OperatorRepository, 'listAuditEvents'>;

export function createAuditLog(adapter: DatabaseAdapter): AuditLog {
  return {
    async listAuditEvents(tenant, beforeSeq, limit) {
      const rows = await adapter.reader
        .selectFrom('audit_events')
        .select('body')
        .$if(tenant !== undefined, (query) => query.where('tenant', '=', tenant ?? ''))
        .$if(beforeSeq !== undefined, (query) => query.where('seq', '<', beforeSeq ?? 0))
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ body }) => JSON.parse(body) as AuditEvent);
    },
  };
}

/** Appends an event. Must run inside a transaction of this adapter, so that the change and its event are stored together. */
export async function appendAuditEventTo(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  entry: AuditEntry,
): Promise<AuditEvent> {
  // The row of the store's identity always exists, so it can serve as the lock of the chain.
  await sql`select store_id from store_identity ${adapter.forUpdate}`.execute(db);
  const last = await db
    .selectFrom('audit_events')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { now } = await db.selectNoFrom(adapter.currentTime.as('now')).executeTakeFirstOrThrow();
  const event: AuditEvent = { seq: (last?.seq ?? 0) + 1, at: now, ...entry };
  const body = JSON.stringify(event);
  await db
    .insertInto('audit_events')
    .values({
      ...{ seq: event.seq, at: now, body, hash: hashEvent(last?.hash ?? '', body) },
      ...{ tenant: entry.tenant ?? null, connector: entry.connector ?? null },
    })
    .execute();
  return event;
}
