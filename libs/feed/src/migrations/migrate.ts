/** Migrates the tables at every start. When several processes start together, one of them migrates and the others wait. */
import { type Kysely } from 'kysely';
import type { ColumnTypes, DatabaseAdapter } from '../database/database-adapter.js';
import { fenceOldPrograms, FIRST_FENCED_VERSION } from './fence-old-programs.js';
import { MIGRATIONS, SCHEMA_VERSION } from './schema-versions.js';
import type { Schema } from '../database/schema.js';

/**
 * Migrates a store to the target version. It only reads a store that is up to date, so the database user needs no right to create tables.
 * @param targetVersion by default the newest version; tests pass an earlier one to create the store of an older release
 * @throws Error when a newer release has migrated the store
 */
export async function migrate(adapter: DatabaseAdapter, targetVersion = SCHEMA_VERSION): Promise<void> {
  if (
    (await adapter.hasTable('migrations')) &&
    (await readStoreVersion(adapter.reader, targetVersion)) >= targetVersion
  )
    return;
  // The fence is a transaction of its own. Programs that are fenced must not wait for the migrations, which can take long.
  await adapter.migrationTransaction(async (db) => {
    await createMigrationsTable(db, adapter.columnTypes);
    await fenceContradictedPrograms(adapter, db, await readStoreVersion(db, targetVersion), targetVersion);
  });
  await adapter.migrationTransaction(async (db) => {
    await createMigrationsTable(db, adapter.columnTypes);
    const version = await readStoreVersion(db, targetVersion);
    for (const [index, migration] of MIGRATIONS.slice(0, targetVersion).entries()) {
      if (index < version) continue;
      await migration.apply(db as unknown as Kysely<unknown>, adapter.columnTypes);
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

/** Fences the running programs that a pending migration contradicts. Must run before that migration. */
async function fenceContradictedPrograms(
  adapter: DatabaseAdapter,
  db: Kysely<Schema>,
  version: number,
  targetVersion: number,
): Promise<void> {
  if (version === 0) return;
  const pending = MIGRATIONS.slice(version, targetVersion);
  const minVersion = Math.max(0, ...pending.map(({ minProgramVersion }) => minProgramVersion));
  if (minVersion > (await readMinProgramVersion(db, version)))
    await fenceOldPrograms(db, adapter.columnTypes, version, minVersion);
}

/** Returns the oldest schema version whose programs may use the tables; 0 when the tables do not name it yet. */
async function readMinProgramVersion(db: Kysely<Schema>, version: number): Promise<number> {
  if (version < FIRST_FENCED_VERSION) return 0;
  const row = await db.selectFrom('store_identity').select('min_program_version').executeTakeFirst();
  return row?.min_program_version ?? 0;
}

/** Returns the store's version. @throws Error when it is newer than the target version, and its tables contradict this program */
async function readStoreVersion(db: Kysely<Schema>, targetVersion: number): Promise<number> {
  const { version } = await db
    .selectFrom('migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirstOrThrow();
  const done = Number(version ?? 0);
  if (done <= targetVersion || (await readMinProgramVersion(db, done)) <= targetVersion) return done;
  throw new Error(
    `the store has version ${done}, and this release knows ${targetVersion}: it was written by a newer release; start that one`,
  );
}
