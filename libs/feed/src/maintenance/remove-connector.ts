/**
 * Removes a connector from a store. The command `tributary connectors remove` uses it.
 *
 * The first transaction marks the connector as removed and writes the audit event. From then on, no gateway with this connector starts on
 * the store. The rows are deleted afterwards in batches. If the process ends before all rows are deleted, a second call deletes the rest.
 */
import { sql } from 'kysely';
import { assertDeploymentName } from '../connectors/deployment-registry.js';
import { isRenamed, isRetired, markRemoved, type StoredConnector } from '../connectors/retired-paths.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { appendAuditEventTo } from '../operator/audit-log.js';
import type { StoreLocation } from '../store/open-store.js';
import type { OperatorAuthor } from '../types/audit.types.js';
import { countConnectorData, findOpenOrderIds, type ConnectorData } from './connector-data.js';
import { FEED_TABLES, ORDER_DETAIL_TABLES, ORDER_TABLES, PULLED_DATA_TABLES } from './connector-tables.js';
import { deleteInBatches } from './delete-in-batches.js';
import { createOpenOrdersError } from './open-orders-error.js';
import { withIdleStore } from './with-idle-store.js';

export interface RemovalOptions {
  /** The name in the deployment file, which must be that of the store. */
  deployment: string | undefined;
  /** True if the orders are also deleted. */
  deletesOrders: boolean;
  /** True if nothing is changed, and the function only counts the data. */
  isDryRun: boolean;
}

/**
 * Deletes the feeds, quarantine entries, balances, runs and reader positions of a connector. Audit events and the data of reconciliation
 * stay.
 * @returns the data that the store contained before, or `undefined` if the store does not know the connector
 * @throws DeploymentConflictError when the store belongs to another deployment
 * @throws Error when a gateway uses the store, when an order of the connector is not final, or when the connector was renamed. Nothing was
 * changed then
 */
export function removeConnector(
  location: string | StoreLocation,
  author: OperatorAuthor,
  { deployment, deletesOrders, isDryRun }: RemovalOptions,
): Promise<ConnectorData | undefined> {
  const { connector } = author;
  return withIdleStore(location, async (adapter) => {
    await assertDeploymentName(adapter.reader, deployment);
    const openOrders = await findOpenOrderIds(adapter.reader, connector);
    if (openOrders.length > 0) throw createOpenOrdersError(connector, openOrders);
    const data = await countConnectorData(adapter.reader, connector);
    const found = await findConnector(adapter, connector);
    if (found && isRenamed(found))
      throw new Error(
        `${connector} was renamed to ${found.account}, and the store has no data under the former path. Nothing was changed`,
      );
    if (!found && !hasData(data)) return undefined;
    if (isDryRun) return data;
    if (!found || !isRetired(found) || hasData(data))
      await recordRemoval(adapter, author, data, deletesOrders);
    await deletePulledData(adapter, connector);
    if (deletesOrders) await deleteOrders(adapter, connector);
    return data;
  });
}

async function findConnector(
  { reader }: DatabaseAdapter,
  connector: string,
): Promise<StoredConnector | undefined> {
  return reader
    .selectFrom('connectors')
    .select(['connector', 'plugin', 'account'])
    .where('connector', '=', connector)
    .executeTakeFirst();
}

/** Stores of old releases have data of connectors that are not in the table of connectors. */
function hasData({ feeds, balances, runs, readers, orders }: ConnectorData): boolean {
  return feeds.length > 0 || balances > 0 || runs > 0 || readers > 0 || orders > 0;
}

async function recordRemoval(
  adapter: DatabaseAdapter,
  author: OperatorAuthor,
  { feeds, quarantineEntries, balances, runs, orders }: ConnectorData,
  deletesOrders: boolean,
): Promise<void> {
  const { connector } = author;
  const rows = feeds.reduce((sum, feed) => sum + feed.rows, 0);
  await adapter.durableTransaction(async (db) => {
    await markRemoved(db, adapter, connector);
    // Final orders can wait for a repeated publication in the feed, which no longer exists.
    await db
      .updateTable('orders')
      .set({ next_at: null })
      .where('connector', '=', connector)
      .where('next_at', 'is not', null)
      .execute();
    await appendAuditEventTo(db, adapter, {
      ...author,
      action: 'connector.removed',
      details: {
        ...{ rows, quarantineEntries, balances, runs },
        ...{ ordersDeleted: deletesOrders ? orders : 0, ordersKept: deletesOrders ? 0 : orders },
      },
    });
  });
}

/** Deletes the feeds after the rows that are found by the ids of the feeds. */
async function deletePulledData(adapter: DatabaseAdapter, connector: string): Promise<void> {
  const feeds = await adapter.reader
    .selectFrom('feeds')
    .select('id')
    .where('connector', '=', connector)
    .execute();
  for (const { id } of feeds)
    for (const table of FEED_TABLES) {
      // The markers of ended lists are few, because they expire after a short time.
      if (table === 'last_pages')
        await adapter.transaction((db) => db.deleteFrom(table).where('feed_id', '=', id).execute());
      else await deleteInBatches(adapter, table, sql`feed_id = ${id}`);
    }
  for (const table of PULLED_DATA_TABLES)
    await deleteInBatches(adapter, table, sql`connector = ${connector}`);
}

/** Deletes the orders after the rows that are found by the ids of the orders. */
async function deleteOrders(adapter: DatabaseAdapter, connector: string): Promise<void> {
  for (const table of ORDER_DETAIL_TABLES)
    await deleteInBatches(
      adapter,
      table,
      sql`order_id in (select id from orders where connector = ${connector})`,
    );
  for (const table of ORDER_TABLES) await deleteInBatches(adapter, table, sql`connector = ${connector}`);
}
