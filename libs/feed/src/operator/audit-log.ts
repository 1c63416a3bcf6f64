/** Reads and writes the audit log: the changes that operators made, as a chain of hashes. */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { hashEvent, lockChainEnd } from '../database/hash-chain.js';
import type { Schema } from '../database/schema.js';
import type { AuditEntry, AuditEvent } from '../types/audit.types.js';
import type { OperatorRepository } from '../types/operator.types.js';

type AuditLog = Pick<OperatorRepository, 'listAuditEvents' | 'recordAuditEvent'>;

export function createAuditLog(adapter: DatabaseAdapter): AuditLog {
  return {
    recordAuditEvent: (entry) => adapter.transaction((db) => appendAuditEventTo(db, adapter, entry)),

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

/**
 * Appends an event to the audit log. The function must be called inside the transaction of the change, so that the change and its event are
 * stored together.
 */
export async function appendAuditEventTo(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  entry: AuditEntry,
): Promise<void> {
  const { seq, hash, now } = await lockChainEnd(db, adapter, 'audit_events');
  const event: AuditEvent = { seq: seq + 1, at: now, ...entry };
  const body = JSON.stringify(event);
  await db
    .insertInto('audit_events')
    .values({
      ...{ seq: event.seq, at: now, body, hash: hashEvent(hash, body) },
      ...{ tenant: entry.tenant ?? null, connector: entry.connector ?? null },
    })
    .execute();
}
