/**
 * Retires the paths of connectors that were removed or renamed. A retired path keeps its row in the table of connectors for ever, so that no
 * new connector gets the path: clients still know positions in the former feeds, and ids of orders are derived from the path.
 */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ConnectorTable, Schema } from '../database/schema.js';

/**
 * The prefixes of the stored plugin of a retired path. Releases that do not know them find another plugin, and refuse the connector, too. In
 * the row of a renamed connector, `account` is its next path.
 */
const REMOVED_PREFIX = 'removed:';
const RENAMED_PREFIX = 'renamed:';

export type StoredConnector = Pick<ConnectorTable, 'connector' | 'plugin' | 'account'>;

export function isRetired({ plugin }: Pick<ConnectorTable, 'plugin'>): boolean {
  return plugin.startsWith(REMOVED_PREFIX) || plugin.startsWith(RENAMED_PREFIX);
}

export function isRenamed({ plugin }: StoredConnector): boolean {
  return plugin.startsWith(RENAMED_PREFIX);
}

/** Returns the path that the connector with this former path has now. It is the same path if the connector was not renamed. */
export function findCurrentPath(rows: readonly StoredConnector[], path: string): string {
  const next = new Map(rows.filter(isRenamed).map(({ connector, account }) => [connector, account]));
  let current = path;
  for (let renamed = next.get(current); renamed; renamed = next.get(current)) current = renamed;
  return current;
}

/** Returns the first path of the connector, from which the ids of its orders are derived. */
export function findOriginalPath(rows: readonly StoredConnector[], path: string): string {
  const previous = new Map(rows.filter(isRenamed).map(({ connector, account }) => [account, connector]));
  let original = path;
  for (let earlier = previous.get(original); earlier !== undefined; earlier = previous.get(original))
    original = earlier;
  return original;
}

/** Marks a connector as removed. The connector may be unknown, because stores of old releases have no table of connectors. */
export async function markRemoved(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connector: string,
): Promise<void> {
  const row = await db
    .selectFrom('connectors')
    .select('plugin')
    .where('connector', '=', connector)
    .executeTakeFirst();
  if (row && isRetired(row)) return;
  const plugin = REMOVED_PREFIX + (row?.plugin ?? '');
  await db
    .insertInto('connectors')
    .values({ connector, plugin, account: null, registered_at: adapter.currentTime })
    .onConflict((conflict) => conflict.column('connector').doUpdateSet({ plugin, account: null }))
    .execute();
}

/**
 * Marks a path as the former path of a connector. If the path has a row, nothing is written.
 * @param plugin the plugin of the connector
 */
export async function markRenamed(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  from: string,
  to: string,
  plugin: string,
): Promise<void> {
  await db
    .insertInto('connectors')
    .values({
      ...{ connector: from, plugin: RENAMED_PREFIX + plugin },
      ...{ account: to, registered_at: adapter.currentTime },
    })
    .onConflict((conflict) => conflict.column('connector').doNothing())
    .execute();
}
