/**
 * Migrates the tables at every start. If several processes start together, one of them migrates and the others wait.
 *
 * Each step is a separate transaction: one migration, or one batch of a migration that changes many rows. So after an interruption, the
 * migration continues after its last complete step.
 */
import { type Kysely } from 'kysely';
import type { ColumnTypes, DatabaseAdapter } from '../database/database-adapter.js';
import { fenceOldPrograms, FIRST_FENCED_VERSION } from './fence-old-programs.js';
import { MIGRATIONS, SCHEMA_VERSION, type Migration } from './schema-versions.js';
import { assertAddedColumns } from './assert-added-columns.js';
import { assertOwnColumns, assertOwnTables, findTables, type FoundTable } from './assert-own-tables.js';
import type { Schema } from '../database/schema.js';

/** Called with a message for the operator. */
export type OnMigrationProgress = (message: string) => void;

/**
 * Time in ms after which a process reports that it is waiting for another process that migrates. The report is repeated at this interval.
 */
const WAIT_MESSAGE_INTERVAL_MS = 5_000;

/** The progress that a row migration has made in this process. */
interface BatchProgress {
  version: number;
  total: number;
  changed: number;
  lastId: string;
}

/**
 * Migrates a store to the target version. A store that is up to date is only read, so the database user then needs no right to create
 * tables.
 * @param targetVersion by default the newest version; tests pass an earlier version to create the store of an older release
 * @throws Error when a newer release has migrated the store, or when a table belongs to another program
 */
export async function migrate(
  adapter: DatabaseAdapter,
  targetVersion = SCHEMA_VERSION,
  onProgress: OnMigrationProgress = () => undefined,
): Promise<void> {
  const version = await readStoreVersion(adapter, adapter.reader, targetVersion);
  if (version >= targetVersion) return;
  if (version > 0)
    onProgress(`the tables have version ${version} and are brought to version ${targetVersion}`);
  // Older programs are stopped in a separate transaction, so that they stop before the migrations, which can take long.
  await runWithWaitMessages(adapter, onProgress, (db) =>
    fenceContradictedPrograms(adapter, db, targetVersion),
  );
  let progress: BatchProgress | undefined;
  for (;;) {
    const step = await runWithWaitMessages(adapter, onProgress, (db) =>
      applyNextStep(adapter, db, targetVersion, progress),
    );
    if (step === 'up-to-date') return;
    if (step.message !== undefined) onProgress(step.message);
    progress = step.progress;
  }
}

interface Step {
  message?: string;
  progress?: BatchProgress;
}

/** Runs one transaction under the lock of the migrations. While the function waits for this lock, it reports the wait from time to time. */
async function runWithWaitMessages<T>(
  adapter: DatabaseAdapter,
  onProgress: OnMigrationProgress,
  work: (db: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  const timer = setInterval(
    () => onProgress('another process migrates the tables; waiting until it has finished'),
    WAIT_MESSAGE_INTERVAL_MS,
  );
  try {
    return await adapter.migrationTransaction((db) => {
      clearInterval(timer);
      return work(db);
    });
  } finally {
    clearInterval(timer);
  }
}

async function applyNextStep(
  adapter: DatabaseAdapter,
  db: Kysely<Schema>,
  targetVersion: number,
  progress: BatchProgress | undefined,
): Promise<Step | 'up-to-date'> {
  const version = await readStoreVersion(adapter, db, targetVersion);
  if (version >= targetVersion) return 'up-to-date';
  if (version === 0) await createMigrationsTable(db, adapter.columnTypes);
  const migration = MIGRATIONS[version]!;
  const untypedDb = db as unknown as Kysely<unknown>;
  if ('apply' in migration) {
    await migration.apply(untypedDb, adapter.columnTypes);
    await recordVersion(db, version + 1, migration);
    return {};
  }
  const before =
    progress?.version === version
      ? progress
      : { version, total: await migration.count(untypedDb), changed: 0, lastId: '' };
  const batch = await migration.applyBatch(untypedDb, before.lastId);
  if (!batch) {
    await recordVersion(db, version + 1, migration);
    return {};
  }
  const changed = before.changed + batch.changed;
  return {
    message: `version ${version + 1} of ${targetVersion}: ${changed} of ${before.total} ${migration.noun} are migrated`,
    progress: { ...before, changed, lastId: batch.lastId },
  };
}

/**
 * Stores the version of the tables, and the oldest version whose programs can use them now. Every migration stores both values, because a
 * store before the first migration does not have these columns yet.
 */
async function recordVersion(
  db: Kysely<Schema>,
  version: number,
  { minProgramVersion }: Migration,
): Promise<void> {
  await db.insertInto('migrations').values({ version, applied_at: Date.now() }).execute();
  if (version < FIRST_FENCED_VERSION) return;
  await db
    .updateTable('store_identity')
    .set({ min_program_version: minProgramVersion })
    .where('min_program_version', '<', minProgramVersion)
    .execute();
}

async function createMigrationsTable(db: Kysely<Schema>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('migrations')
    .addColumn('version', types.integer, (column) => column.primaryKey())
    .addColumn('applied_at', types.integer, (column) => column.notNull())
    .execute();
}

/** Stops the running programs that cannot use the tables after a pending migration. The function must be called before the migration. */
async function fenceContradictedPrograms(
  adapter: DatabaseAdapter,
  db: Kysely<Schema>,
  targetVersion: number,
): Promise<void> {
  const version = await readStoreVersion(adapter, db, targetVersion);
  if (version === 0) return;
  const pending = MIGRATIONS.slice(version, targetVersion);
  const minVersion = Math.max(0, ...pending.map(({ minProgramVersion }) => minProgramVersion));
  if (minVersion > (await readMinProgramVersion(db, version)))
    await fenceOldPrograms(db, adapter.columnTypes, version, minVersion);
}

/** Returns the oldest schema version whose programs may use the tables. The result is 0 if the tables are too old to contain such a version. */
async function readMinProgramVersion(db: Kysely<Schema>, version: number): Promise<number> {
  if (version < FIRST_FENCED_VERSION) return 0;
  const row = await db.selectFrom('store_identity').select('min_program_version').executeTakeFirst();
  return row?.min_program_version ?? 0;
}

/**
 * Returns the version of the store. The result is 0 if the database has no store.
 * @throws Error in three cases: the version is newer than the target version and its tables do not support this program, a table belongs to
 * another program, or a table lacks a column of this version
 */
async function readStoreVersion(
  adapter: DatabaseAdapter,
  db: Kysely<Schema>,
  targetVersion: number,
): Promise<number> {
  const tables = await findTables(adapter, db);
  const version = await readNewestMigration(db, tables.get('migrations'));
  if (version > targetVersion && (await readMinProgramVersion(db, version)) > targetVersion)
    throw new Error(
      `the store has version ${version}, and this release knows ${targetVersion}: it was written by a newer release; start that one`,
    );
  assertOwnTables(tables, version);
  assertAddedColumns(tables, version, adapter.columnTypes.rowKey !== undefined);
  return version;
}

async function readNewestMigration(db: Kysely<Schema>, table: FoundTable | undefined): Promise<number> {
  if (!table) return 0;
  assertOwnColumns(table, 'migrations');
  const { version } = await db
    .selectFrom('migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirstOrThrow();
  return Number(version ?? 0);
}
