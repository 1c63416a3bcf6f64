/**
 * Stores the plugin and the account at the PSP of each connector. If two deployment files use one store by mistake, the gateway finds the
 * difference and does not start. Otherwise it would mix the rows of two PSPs in one feed, and send orders to both PSPs.
 */
import type { Kysely } from 'kysely';
import { ConnectorConflictError } from '../database/store-errors.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ConnectorTable, Schema } from '../database/schema.js';
import { NO_AWAITED_ORIGINAL } from '../feeds/place-records.js';
import type { ConnectorIdentity } from '../types/store.types.js';
import { assertUsablePaths } from './assert-usable-paths.js';
import { markRenamed } from './retired-paths.js';

/** The number of rows that one statement writes. SQLite allows 32,766 parameters in a statement. */
const BATCH_ROWS = 500;

/**
 * Returns true if all of these connectors are registered in the store.
 * @throws ConnectorConflictError if a connector belongs to another plugin or account
 */
export async function areConnectorsRegistered(
  adapter: DatabaseAdapter,
  connectors: readonly ConnectorIdentity[],
): Promise<boolean> {
  return (await compareConnectors(adapter.reader, connectors)).every(({ found }) => found?.isComplete);
}

/**
 * Inserts the connectors that are not registered, and compares the others with their rows.
 * @param db a transaction of the adapter
 * @throws ConnectorConflictError when a connector belongs to another plugin or account. The caller must then roll the transaction back
 */
export async function registerConnectors(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connectors: readonly ConnectorIdentity[],
): Promise<void> {
  await compareConnectors(db, connectors);
  await insertUnknown(db, adapter, connectors);
  // Another process may have registered a connector since the first comparison, so the rows are compared again after the insert.
  for (const { connector, found } of await compareConnectors(db, connectors))
    if (found && !found.isComplete) await writeIdentity(db, connector);
}

/**
 * Replaces the plugin and the account that are stored for a connector.
 * @param forgetsCursors true to delete the cursors, so that everything is pulled again. It is needed if the new plugin or account cannot
 * use the stored cursors
 * @throws RetiredPathError, RenamePendingError or OriginalPathError when the path cannot be used
 */
export async function replaceConnectorIdentity(
  adapter: DatabaseAdapter,
  connector: ConnectorIdentity,
  forgetsCursors: boolean,
): Promise<void> {
  await adapter.durableTransaction(async (db) => {
    assertUsablePaths(await db.selectFrom('connectors').selectAll().execute(), [connector]);
    await insertUnknown(db, adapter, [connector]);
    await writeIdentity(db, connector);
    if (!forgetsCursors) return;
    await db
      .updateTable('feeds')
      .set((eb) => ({
        ...{ cursor: null, due_at: 0, holder: null, leased_until: 0 },
        fencing_token: eb('fencing_token', '+', 1),
        // The sums start after the last row of the former account, because its rows are not part of the balances of the new account.
        ...{ summed_after: eb.ref('head_seq'), recent_sums: null },
      }))
      .where('connector', '=', connector.path)
      .execute();
    // The new account does not list the originals for which rows of the former account wait. So the next complete pull serves these rows
    // without their originals.
    await db
      .updateTable('held_rows')
      .set({ original_id: NO_AWAITED_ORIGINAL, held_at: 0 })
      .where('served_alone_at', 'is', null)
      .where('feed_id', 'in', (eb) =>
        eb.selectFrom('feeds').select('id').where('connector', '=', connector.path),
      )
      .execute();
    for (const table of ['account_sums', 'feed_checkpoints', 'feed_cursors'] as const)
      await db
        .deleteFrom(table)
        .where('feed_id', 'in', (eb) =>
          eb.selectFrom('feeds').select('id').where('connector', '=', connector.path),
        )
        .execute();
    // The new account can have an account with the same id.
    await db.deleteFrom('balance_history').where('connector', '=', connector.path).execute();
  });
}

async function insertUnknown(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connectors: readonly ConnectorIdentity[],
): Promise<void> {
  for (let start = 0; start < connectors.length; start += BATCH_ROWS)
    await db
      .insertInto('connectors')
      .values(connectors.slice(start, start + BATCH_ROWS).map((each) => toRow(adapter, each)))
      .onConflict((conflict) => conflict.column('connector').doNothing())
      .execute();
  // In a store without the former data of a renamed connector, its original path is retired, too.
  for (const { path, plugin, originalPath } of connectors)
    if (originalPath !== undefined) await markRenamed(db, adapter, originalPath, path, plugin);
}

function toRow(adapter: DatabaseAdapter, { path, plugin, account }: ConnectorIdentity) {
  return { connector: path, plugin, account: account ?? null, registered_at: adapter.currentTime };
}

async function writeIdentity(
  db: Kysely<Schema>,
  { path, plugin, account }: ConnectorIdentity,
): Promise<void> {
  await db
    .updateTable('connectors')
    .set({ plugin, account: account ?? null })
    .where('connector', '=', path)
    .execute();
}

interface Comparison {
  connector: ConnectorIdentity;
  /**
   * `isComplete` is false if the plugin now reports the account, but did not report it when the connector was registered. The account is
   * then stored.
   */
  found: { isComplete: boolean } | undefined;
}

/**
 * Compares the connectors with their rows in the store.
 * @throws ConnectorConflictError when a connector belongs to another plugin or account
 * @throws RetiredPathError, RenamePendingError or OriginalPathError when a path cannot be used
 */
async function compareConnectors(
  db: Kysely<Schema>,
  connectors: readonly ConnectorIdentity[],
): Promise<Comparison[]> {
  const rows = await db.selectFrom('connectors').selectAll().execute();
  const known = new Map(rows.map((row) => [row.connector, row]));
  assertUsablePaths(rows, connectors);
  const conflicts = connectors.flatMap((connector) => {
    const row = known.get(connector.path);
    return row && isOther(row, connector) ? [describeConflict(row, connector)] : [];
  });
  if (conflicts.length > 0) throw new ConnectorConflictError(conflicts);
  return connectors.map((connector) => {
    const row = known.get(connector.path);
    const isComplete = row?.account !== null || connector.account === undefined;
    return { connector, found: row && { isComplete } };
  });
}

/**
 * Compares the stored plugin and account of a connector with those of the deployment file.
 * @throws ConnectorConflictError when they differ
 */
export function assertSameIdentity(row: ConnectorTable, connector: ConnectorIdentity): void {
  if (isOther(row, connector)) throw new ConnectorConflictError([describeConflict(row, connector)]);
}

function describeConflict(
  row: ConnectorTable,
  { path, plugin, account }: ConnectorIdentity,
): { path: string; expected: string; found: string } {
  return { path, expected: describe(row.plugin, row.account), found: describe(plugin, account) };
}

/**
 * Returns true if the stored plugin or account is another one. If only one side has an account, there is no conflict, because a newer
 * version of the plugin may report the account for the first time.
 */
function isOther(row: ConnectorTable, { plugin, account }: ConnectorIdentity): boolean {
  return row.plugin !== plugin || (row.account !== null && account !== undefined && row.account !== account);
}

function describe(plugin: string, account: string | null | undefined): string {
  return account === null || account === undefined ? plugin : `${plugin} (${account})`;
}
