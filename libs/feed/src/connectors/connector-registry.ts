/**
 * Stores to which plugin, and to which account at the PSP, each connector of the store belongs. Otherwise two deployment files that use one
 * store by mistake would mix the rows of two PSPs in one feed, and send orders to both PSPs.
 */
import type { Kysely } from 'kysely';
import { ConnectorConflictError } from '../database/store-errors.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ConnectorTable, Schema } from '../database/schema.js';
import { NO_ORIGINAL } from '../feeds/place-records.js';
import type { ConnectorIdentity } from '../types/store.types.js';

/** Number of rows per statement. SQLite allows 32,766 parameters. */
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
 * @throws ConnectorConflictError when a connector belongs to another plugin or account; the caller must then end the transaction
 */
export async function writeConnectors(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connectors: readonly ConnectorIdentity[],
): Promise<void> {
  await insertUnknown(db, adapter, connectors);
  // Another process may have registered a connector in the meantime, so the rows are compared after the insert.
  for (const { connector, found } of await compareConnectors(db, connectors))
    if (found && !found.isComplete) await writeIdentity(db, connector);
}

/**
 * Replaces the plugin and the account that are stored for a connector.
 * @param forgetsCursors true: delete the cursors, so that everything is pulled again. Needed if the new plugin or account cannot use the
 * stored cursors
 */
export async function replaceConnectorIdentity(
  adapter: DatabaseAdapter,
  connector: ConnectorIdentity,
  forgetsCursors: boolean,
): Promise<void> {
  await adapter.durableTransaction(async (db) => {
    await insertUnknown(db, adapter, [connector]);
    await writeIdentity(db, connector);
    if (!forgetsCursors) return;
    await db
      .updateTable('feeds')
      .set((eb) => ({
        ...{ cursor: null, due_at: 0, holder: null, leased_until: 0 },
        fencing_token: eb('fencing_token', '+', 1),
        // The sums start after the last row of the former account, because its rows do not belong to the balances of the new account.
        summed_after: eb.ref('head_seq'),
      }))
      .where('connector', '=', connector.path)
      .execute();
    // The new account will not deliver the originals of the former account. So the next complete pull serves the held rows without them.
    await db
      .updateTable('held_rows')
      .set({ original_id: NO_ORIGINAL, held_at: 0 })
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
   * `isComplete` is false if the plugin reports the account now but did not report it when the connector was registered. The account is
   * then stored.
   */
  found: { isComplete: boolean } | undefined;
}

/** @throws ConnectorConflictError */
async function compareConnectors(
  db: Kysely<Schema>,
  connectors: readonly ConnectorIdentity[],
): Promise<Comparison[]> {
  const rows = await db.selectFrom('connectors').selectAll().execute();
  const known = new Map(rows.map((row) => [row.connector, row]));
  const conflicts = connectors.flatMap((connector) => {
    const row = known.get(connector.path);
    return row && isOther(row, connector) ? [{ connector, row }] : [];
  });
  if (conflicts.length > 0)
    throw new ConnectorConflictError(
      conflicts.map(({ connector, row }) => ({
        path: connector.path,
        expected: describe(row.plugin, row.account),
        found: describe(connector.plugin, connector.account),
      })),
    );
  return connectors.map((connector) => {
    const row = known.get(connector.path);
    const isComplete = row?.account !== null || connector.account === undefined;
    return { connector, found: row && { isComplete } };
  });
}

/** If only one of the two has an account, there is no conflict: a newer plugin may report the account for the first time. */
function isOther(row: ConnectorTable, { plugin, account }: ConnectorIdentity): boolean {
  return row.plugin !== plugin || (row.account !== null && account !== undefined && row.account !== account);
}

function describe(plugin: string, account: string | null | undefined): string {
  return account === null || account === undefined ? plugin : `${plugin} (${account})`;
}
