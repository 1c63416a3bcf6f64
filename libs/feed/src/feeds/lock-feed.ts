/** Locks a feed for work other than appending rows. */
import type { Kysely } from 'kysely';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { StaleStateError } from '../database/store-errors.js';
import type { OpenedFeed } from '../identity/opened-feed.js';

/**
 * Locks the row of the feed until the commit.
 * @returns the row, and the time of the store's clock
 * @throws StaleStateError when the row does not belong to the feed that this process opened
 */
export async function lockFeed(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  clock: CurrentTimeExpression,
) {
  const head = await db
    .selectFrom('feeds')
    .select(['head_seq', 'summed_after', 'recent_sums', clock().as('now')])
    .where(feed.isSameFeed)
    .modifyEnd(adapter.forUpdate)
    .executeTakeFirst();
  if (!head) throw createChangedFeedError(feed);
  return head;
}

/** Creates the error for a statement that did not find the feed that this process opened. */
export function createChangedFeedError({ connector, stream }: OpenedFeed): StaleStateError {
  return new StaleStateError(`the feed ${connector}/${stream} changed`);
}
