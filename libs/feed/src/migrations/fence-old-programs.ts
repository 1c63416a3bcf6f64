/**
 * Stops running programs from writing to a store if a migration changes the tables in a way that these programs do not support. See
 * docs/decisions/0013-upgrades-fence-old-programs.md.
 */
import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';

/** The first schema version whose programs check `min_program_version` when they open a store. */
export const FIRST_FENCED_VERSION = 10;
/**
 * The first schema version whose programs check the epoch of the store in their transactions. The epoch changes when running programs must
 * stop.
 */
const FIRST_VERSION_WITH_EPOCH = 8;

/** The tables that contain leases. Every transaction that appends rows or changes an order writes to one of these tables. */
const LEASED_TABLES = ['feeds', 'orders'] as const;

/** The message that appears in the log of a program of an older release. */
const OLD_PROGRAM_MESSAGE =
  'a newer release of Tributary has upgraded this store; stop this program and start that release';

/**
 * Stops all running programs that were built before a schema version. Programs that check the epoch of the store find a new epoch, and stop
 * serving.
 * @param storeVersion the current version of the tables
 * @param minVersion the oldest schema version whose programs may continue
 */
export async function fenceOldPrograms(
  db: Kysely<Schema>,
  types: ColumnTypes,
  storeVersion: number,
  minVersion: number,
): Promise<void> {
  if (storeVersion < FIRST_FENCED_VERSION) await reserveFenceColumn(db, types);
  if (storeVersion < FIRST_VERSION_WITH_EPOCH) return;
  await db
    .updateTable('store_identity')
    .set((eb) => ({
      epoch: eb('epoch', '+', 1),
      ...(storeVersion < FIRST_FENCED_VERSION ? {} : { min_program_version: minVersion }),
    }))
    .execute();
}

/**
 * Makes the writes of programs before schema version 10 fail. These programs do not check a version, and before version 8 they do not check
 * an epoch. But each of their leases, appends and changes of an order writes to the column `fence`. So this function renames the column to
 * `fencing_token`, and adds a new column `fence` that rejects every value. Newer programs never write to `fence`, so the check takes no
 * time in them. Calling the function again changes nothing.
 */
export async function reserveFenceColumn(db: Kysely<Schema>, types: ColumnTypes): Promise<void> {
  for (const table of LEASED_TABLES) {
    if (!(await types.hasColumn(db, table, 'fence')) || (await types.hasColumn(db, table, 'fencing_token')))
      continue;
    await db.schema.alterTable(table).renameColumn('fence', 'fencing_token').execute();
    await db.schema.alterTable(table).addColumn('fence', types.integer).execute();
    await types.rejectValues(db, table, 'fence', OLD_PROGRAM_MESSAGE);
  }
  // The leases of feeds are released, so that other programs need not wait: a running pull of an older program can no longer commit its
  // page. The leases of orders are kept, because their holder may be sending the order to the PSP at this moment.
  if (await types.hasColumn(db, 'feeds', 'fencing_token'))
    await sql`update feeds set holder = null, leased_until = 0, fencing_token = fencing_token + 1 where holder is not null`.execute(
      db,
    );
}
