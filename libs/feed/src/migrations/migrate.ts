/** Migrates the tables at every start. When several processes start together, one of them migrates and the others wait. */
import { type Kysely } from 'kysely';
import type { ColumnTypes, DatabaseAdapter } from '../database/database-adapter.js';
import { createFeeds } from './0001-feeds.js';
import { createOrders } from './0002-orders.js';
import { createLastPages } from './0003-last-pages.js';
import { createSchedules } from './0004-schedules.js';
import { indexOpenRefusals } from './0005-open-refusals.js';
import { addRowKeys } from './0006-places.js';
import { markPublishedReturns } from './0007-told-returns.js';
import { createStoreIdentity } from './0008-store-identity.js';
import { createConnectors } from './0009-connectors.js';
import type { Schema } from '../database/schema.js';

/** All migrations in sequence; the entry at index n brings a store from version n to n + 1. A released migration never changes. */
const MIGRATIONS: readonly ((db: Kysely<unknown>, types: ColumnTypes) => Promise<void>)[] = [
  createFeeds,
  createOrders,
  createLastPages,
  createSchedules,
  indexOpenRefusals,
  addRowKeys,
  markPublishedReturns,
  createStoreIdentity,
  createConnectors,
];

/**
 * Migrates a store to the target version. It only reads a store that is up to date, so the database user needs no right to create tables.
 * @param targetVersion by default the newest version; tests pass an earlier one to create the store of an older release
 * @throws Error when a newer release has migrated the store
 */
export async function migrate(adapter: DatabaseAdapter, targetVersion = MIGRATIONS.length): Promise<void> {
  if (
    (await adapter.hasTable('migrations')) &&
    (await readStoreVersion(adapter.reader, targetVersion)) === targetVersion
  )
    return;
  await adapter.migrationTransaction(async (db) => {
    await createMigrationsTable(db, adapter.columnTypes);
    const version = await readStoreVersion(db, targetVersion);
    for (const [index, apply] of MIGRATIONS.slice(0, targetVersion).entries()) {
      if (index < version) continue;
      await apply(db as unknown as Kysely<unknown>, adapter.columnTypes);
      await db
        .insertInto('migrations')
        .values({ version: index + 1, applied_at: Date.now() })
        .execute();
    }
  });
}

async function createMigrationsTable(db: Kysely<Schema>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('version', types.integer, (column) => column.primaryKey())
    .addColumn('applied_at', types.integer, (column) => column.notNull())
    .execute();
}

/** Returns the store's version. @throws Error when it is newer than the target version */
async function readStoreVersion(db: Kysely<Schema>, targetVersion: number): Promise<number> {
  const { version } = await db
    .selectFrom('migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirstOrThrow();
  const done = Number(version ?? 0);
  if (done <= targetVersion) return done;
  throw new Error(
    `the store has version ${done}, and this release knows ${targetVersion}: it was written by a newer release; start that one`,
  );
}
