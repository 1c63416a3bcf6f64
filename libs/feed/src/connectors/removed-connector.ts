/**
 * Marks connectors that were removed from a store. The mark stays in the table of connectors for ever, so that the path of the connector is
 * not used again: clients still know positions in its former feeds, and its orders have ids that are derived from the path.
 */
import type { Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';

/** The prefix of the stored plugin of a removed connector. Releases that do not know it find another plugin, and refuse the connector, too. */
const REMOVED_PREFIX = 'removed:';

export function isRemoved({ plugin }: { plugin: string }): boolean {
  return plugin.startsWith(REMOVED_PREFIX);
}

/**
 * Marks a connector as removed. The connector may be unknown, because stores of old releases have no table of connectors.
 */
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
  if (row && isRemoved(row)) return;
  const plugin = REMOVED_PREFIX + (row?.plugin ?? '');
  await db
    .insertInto('connectors')
    .values({ connector, plugin, account: null, registered_at: adapter.currentTime })
    .onConflict((conflict) => conflict.column('connector').doUpdateSet({ plugin }))
    .execute();
}
