/** Gives a connector of a store another path. The command `tributary connectors rename` uses it. */
import { sql, type Kysely } from 'kysely';
import { assertSameIdentity } from '../connectors/connector-registry.js';
import { assertDeploymentName } from '../connectors/deployment-registry.js';
import { findOriginalPath, isRetired, markRenamed } from '../connectors/retired-paths.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { OriginalPathError } from '../database/store-errors.js';
import { appendAuditEventTo } from '../operator/audit-log.js';
import type { StoreLocation } from '../store/open-store.js';
import type { OperatorAuthor } from '../types/audit.types.js';
import type { ConnectorIdentity } from '../types/store.types.js';
import { countConnectorData, type ConnectorData } from './connector-data.js';
import { CONNECTOR_TABLE, ORDER_TABLES, PULLED_DATA_TABLES } from './connector-tables.js';
import { withIdleStore } from './with-idle-store.js';

export interface Renaming {
  /** The name in the deployment file, which must be that of the store. */
  deployment: string | undefined;
  /** The present path of the connector in the store. */
  from: string;
  /** The connector as the deployment file has it, with the new path and the original path. */
  connector: ConnectorIdentity;
  /** True if nothing is changed, and the function only checks and counts. */
  isDryRun: boolean;
}

/**
 * Moves all data of a connector to its new path, retires the former path, and writes an audit event, in one transaction.
 * @returns the data that is moved
 * @throws OriginalPathError when the ids of orders would be derived from another path than before
 * @throws DeploymentConflictError when the store belongs to another deployment
 * @throws ConnectorConflictError when the connector belongs to another plugin or account
 * @throws Error when a gateway uses the store, the connector is unknown, or the new path is already used. Nothing was changed then
 */
export function renameConnector(
  location: string | StoreLocation,
  author: OperatorAuthor,
  renaming: Renaming,
): Promise<ConnectorData> {
  const { deployment, from, isDryRun } = renaming;
  return withIdleStore(location, async (adapter) => {
    await assertDeploymentName(adapter.reader, deployment);
    await findRenamable(adapter.reader, renaming);
    const data = await countConnectorData(adapter.reader, from);
    // The statements of this transaction have no time limit. A connector can have millions of orders.
    if (!isDryRun) await adapter.migrationTransaction((db) => moveConnector(db, adapter, author, renaming));
    return data;
  });
}

/**
 * Returns the plugin and the original path of the connector.
 * @throws Error when the connector cannot be renamed
 */
async function findRenamable(
  db: Kysely<Schema>,
  { from, connector }: Renaming,
): Promise<{ plugin: string; originalPath: string }> {
  const to = connector.path;
  const rows = await db.selectFrom('connectors').selectAll().execute();
  const row = rows.find((each) => each.connector === from);
  if (!row || isRetired(row))
    throw new Error(`the store has no connector ${JSON.stringify(from)}. Nothing was changed`);
  if (rows.some((each) => each.connector === to))
    throw new Error(`the path ${to} is or was the path of a connector of this store. Nothing was changed`);
  const originalPath = findOriginalPath(rows, from);
  if (connector.originalPath !== originalPath)
    throw new OriginalPathError(to, originalPath, connector.originalPath);
  assertSameIdentity(row, connector);
  return { plugin: row.plugin, originalPath };
}

async function moveConnector(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  author: OperatorAuthor,
  renaming: Renaming,
): Promise<void> {
  const { from, connector } = renaming;
  const to = connector.path;
  const { plugin, originalPath } = await findRenamable(db, renaming);
  for (const table of [CONNECTOR_TABLE, ...PULLED_DATA_TABLES, ...ORDER_TABLES] as const)
    await sql`update ${sql.table(table)} set connector = ${to} where connector = ${from}`.execute(db);
  await markRenamed(db, adapter, from, to, plugin);
  await appendAuditEventTo(db, adapter, {
    ...author,
    action: 'connector.renamed',
    details: { from, to, originalPath },
  });
}
