/** Finds the number of a feed by its connector and stream, without creating the feed. */
import type { Stream } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';

/**
 * Returns the number of a feed.
 * @returns `undefined` if the stream was never pulled
 */
export async function findFeedId(
  db: Kysely<Schema>,
  connector: string,
  stream: Stream,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('feeds')
    .select('id')
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .executeTakeFirst();
  return row?.id;
}
