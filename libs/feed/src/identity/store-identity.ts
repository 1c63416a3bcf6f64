/** Reads and writes the row that identifies a store. */
import type { Kysely, Selectable } from 'kysely';
import type { Schema, StoreIdentityTable } from '../database/schema.js';
import type { StoreRestore } from '../types/store.types.js';
import type { DatabaseServerIdentity } from './database-server-identity.js';

export interface StoreIdentity {
  /** Random id, assigned when the tables are created. */
  storeId: string;
  /** Increases whenever the store continues from another state than the running processes saw: after a restore or a promotion. */
  epoch: number;
  /** Number of heartbeats of all gateways. Each heartbeat is durable, so a lower number means an older state of the store. */
  beat: number;
  /** The database server that contained the store when a gateway last opened it. */
  server: DatabaseServerIdentity | undefined;
  /**
   * The reason for which a gateway found that the store has lost data. While it is set, no gateway opens the store; `tributary store
   * restore` clears it.
   */
  lossFound: string | undefined;
  /** The newest restore or promotion; `undefined` when there was none. */
  restore: StoreRestore | undefined;
  /** Oldest schema version whose programs may use the tables. */
  minProgramVersion: number;
}

/** Returns the identity; `undefined` when the row is missing. */
export async function readStoreIdentity(db: Kysely<Schema>): Promise<StoreIdentity | undefined> {
  const row = await db.selectFrom('store_identity').selectAll().executeTakeFirst();
  return row && toStoreIdentity(row);
}

export function toStoreIdentity(row: Selectable<StoreIdentityTable>): StoreIdentity {
  const { server_database: database, server_timeline: timeline } = row;
  return {
    storeId: row.store_id,
    epoch: row.epoch,
    beat: row.beat,
    server: database === null || timeline === null ? undefined : { database, timeline },
    lossFound: row.loss_found ?? undefined,
    restore:
      row.restored_at === null || row.backup_at === null
        ? undefined
        : { restoredAt: row.restored_at, backupAt: row.backup_at },
    minProgramVersion: row.min_program_version,
  };
}

/** Stores the identity of the server that contains the store. */
export async function recordDatabaseServer(
  db: Kysely<Schema>,
  server: DatabaseServerIdentity,
): Promise<void> {
  await db
    .updateTable('store_identity')
    .set({ server_database: server.database, server_timeline: server.timeline })
    .execute();
}
