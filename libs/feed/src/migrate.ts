/** Brings the tables up to date at every start; of several processes that start together, one does it and the others wait. */
import { type Kysely } from 'kysely';
import type { ColumnTypes, Dialect } from './dialect.js';
import { createFeeds } from './migrations/0001-feeds.js';
import { createOrders } from './migrations/0002-orders.js';
import { createLastPages } from './migrations/0003-last-pages.js';
import { createSchedules } from './migrations/0004-schedules.js';
import { indexOpenRefusals } from './migrations/0005-open-refusals.js';
import { giveRowsPlaces } from './migrations/0006-places.js';
import { tellReturns } from './migrations/0007-told-returns.js';
import type { Schema } from './schema.js';

/** In order, never changed once released: the n-th brings a store from version n to n + 1. */
const MIGRATIONS: readonly ((db: Kysely<unknown>, types: ColumnTypes) => Promise<void>)[] = [
  createFeeds,
  createOrders,
  createLastPages,
  createSchedules,
  indexOpenRefusals,
  giveRowsPlaces,
  tellReturns,
];

/**
 * A store that is up to date is only read: whoever serves it need not be allowed to create tables.
 * @param newest the version that the release knows; an earlier one makes the store of an older release
 * @throws Error when the store was written by a newer release.
 */
export async function migrate(dialect: Dialect, newest = MIGRATIONS.length): Promise<void> {
  if ((await dialect.hasTable('migrations')) && (await knownVersion(dialect.reader, newest)) === newest)
    return;
  await dialect.exclusively(async (db) => {
    await createMigrations(db, dialect.types);
    const version = await knownVersion(db, newest);
    for (const [index, apply] of MIGRATIONS.slice(0, newest).entries()) {
      if (index < version) continue;
      await apply(db as unknown as Kysely<unknown>, dialect.types);
      await db
        .insertInto('migrations')
        .values({ version: index + 1, applied_at: Date.now() })
        .execute();
    }
  });
}

async function createMigrations(db: Kysely<Schema>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('version', types.integer, (column) => column.primaryKey())
    .addColumn('applied_at', types.integer, (column) => column.notNull())
    .execute();
}

/** Migrations that are done. @throws Error when there are more than this release knows. */
async function knownVersion(db: Kysely<Schema>, newest: number): Promise<number> {
  const { version } = await db
    .selectFrom('migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirstOrThrow();
  const done = Number(version ?? 0);
  if (done <= newest) return done;
  throw new Error(
    `the store has version ${done}, and this release knows ${newest}: it was written by a newer release; start that one`,
  );
}
