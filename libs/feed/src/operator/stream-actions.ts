/** Executes the actions of operators on streams and quarantine entries. Each change and its audit event are written in one transaction. */
import type { Stream } from '@tributary/connector-api';
import { sql, type Kysely, type UpdateObject } from 'kysely';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { findCursorAt } from '../feeds/cursor-history.js';
import type { AuditEntry, OperatorAuthor } from '../types/audit.types.js';
import type { OperatorRepository, QuarantineKey } from '../types/operator.types.js';
import { appendAuditEventTo } from './audit-log.js';

type StreamActions = Pick<
  OperatorRepository,
  'requestPulls' | 'pauseStreams' | 'resumeStreams' | 'rereadStreams' | 'dismissEntry'
>;

interface FeedRow {
  id: number;
  stream: Stream;
}

type FeedColumns = UpdateObject<Schema, 'feeds'>;

/** The column values that end the lease of a running pull. The fencing token of the pull is then outdated, so its next write fails. */
const ENDED_LEASE = {
  ...{ holder: null, leased_until: 0 },
  fencing_token: sql<number>`fencing_token + 1`,
} as const;

export function createStreamActions(adapter: DatabaseAdapter, clock: CurrentTimeExpression): StreamActions {
  /**
   * Changes each stream of a connector, and adds one audit event for all of them.
   * @param changeFeed must have no effects outside of the database, because the transaction can run again
   * @returns the results of the streams that were changed
   */
  const changeEach = <Result>(
    author: OperatorAuthor,
    action: string,
    streams: readonly Stream[],
    changeFeed: (db: Kysely<Schema>, feed: FeedRow) => Promise<Result>,
    details: AuditEntry['details'] = {},
  ) =>
    adapter.durableTransaction(async (db) => {
      const feeds = await findFeeds(db, author.connector, streams);
      const results: Result[] = [];
      for (const feed of feeds) results.push(await changeFeed(db, feed));
      if (feeds.length > 0) {
        const names = feeds.map(({ stream }) => stream).join(', ');
        await appendAuditEventTo(db, adapter, {
          ...author,
          ...{ action, details: { ...details, streams: names } },
        });
      }
      return results;
    });
  const updateEach = (
    author: OperatorAuthor,
    action: string,
    streams: readonly Stream[],
    columns: FeedColumns,
  ) =>
    changeEach(author, action, streams, async (db, { id, stream }) => {
      await updateFeed(db, id, columns);
      return stream;
    });
  const dueNow = { due_at: sql<number>`-(${clock()})` };
  return {
    requestPulls: (author, streams) => updateEach(author, 'stream.pull-requested', streams, dueNow),

    pauseStreams: (author, streams) =>
      updateEach(author, 'stream.paused', streams, { ...ENDED_LEASE, paused_at: clock() }),

    resumeStreams: (author, streams) =>
      updateEach(author, 'stream.resumed', streams, { ...dueNow, paused_at: null }),

    rereadStreams: (author, streams, fromMs) =>
      changeEach(
        author,
        'stream.reread-requested',
        streams,
        async (db, { id, stream }) => {
          const start = await findCursorAt(db, id, fromMs);
          await updateFeed(db, id, { ...ENDED_LEASE, ...dueNow, cursor: start?.cursor ?? null });
          return { stream, cursorAt: start?.at };
        },
        { from: new Date(fromMs).toISOString() },
      ),

    dismissEntry: (author, key, note) =>
      adapter.durableTransaction(async (db) => {
        const isDismissed = await markDismissed(db, author.connector, key, clock);
        if (isDismissed)
          await appendAuditEventTo(db, adapter, {
            ...author,
            action: 'quarantine.dismissed',
            details: { stream: key.stream, kind: key.kind, id: key.id, note },
          });
        return isDismissed;
      }),
  };
}

/** Locks the feeds of a connector in the sequence of their numbers, so that two transactions never wait for each other. */
async function findFeeds(
  db: Kysely<Schema>,
  connector: string,
  streams: readonly Stream[],
): Promise<FeedRow[]> {
  const feeds = await db
    .updateTable('feeds')
    .set((eb) => ({ head_seq: eb.ref('head_seq') }))
    .where('connector', '=', connector)
    .where('stream', 'in', [...streams])
    .returning(['id', 'stream'])
    .execute();
  // The cast is safe, because the store writes only the names of streams into this column.
  return feeds.map(({ id, stream }) => ({ id, stream: stream as Stream }));
}

async function updateFeed(db: Kysely<Schema>, id: number, columns: FeedColumns): Promise<void> {
  await db.updateTable('feeds').set(columns).where('id', '=', id).execute();
}

async function markDismissed(
  db: Kysely<Schema>,
  connector: string,
  { stream, kind, id }: Omit<QuarantineKey, 'connector'>,
  clock: CurrentTimeExpression,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('quarantine')
    .set({ cleared_at: clock(), dismissed_at: clock() })
    .where('feed_id', 'in', (eb) =>
      eb.selectFrom('feeds').select('id').where('connector', '=', connector).where('stream', '=', stream),
    )
    .where('kind', '=', kind)
    .where('record_id', '=', id)
    .where('cleared_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
