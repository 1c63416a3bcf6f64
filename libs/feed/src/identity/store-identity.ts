/** Reads and writes the row that identifies a store. */
import type { Kysely, Selectable } from 'kysely';
import type { Schema, StoreIdentityTable } from '../database/schema.js';
import type { StoreRestore } from '../types/store.types.js';
import type { DatabaseServerIdentity } from './database-server-identity.js';

export interface StoreIdentity {
  /** A random id that is assigned when the tables are created. */
  storeId: string;
  /**
   * The epoch increases whenever the store continues from a state that the running processes have not seen, i.e. after a restore or a
   * promotion.
   */
  epoch: number;
  /** The number of heartbeats of all gateways. Each heartbeat is durable, so a lower number shows an older state of the store. */
  beat: number;
  /** The database server on which a gateway last opened the store. */
  server: DatabaseServerIdentity | undefined;
  /** The loss of data that a gateway found. While it is set, no gateway opens the store. `tributary store restore` removes it. */
  lossFound: string | undefined;
  /** The newest restore or promotion; `undefined` when there was none. */
  restore: StoreRestore | undefined;
  /** The oldest schema version whose programs may use the tables. */
  minProgramVersion: number;
}

/** Returns the identity of the store. The result is `undefined` when the row is missing. */
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
