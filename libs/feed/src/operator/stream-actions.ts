/** What operators do with streams and quarantine entries. Each change and its audit event are one transaction. */
import type { Stream } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
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
  stream: string;
}

/** Ends the lease of a running pull: its next write fails. */
const ENDED_LEASE = { holder: null, leased_until: 0 } as const;

export function createStreamActions(adapter: DatabaseAdapter, clock: CurrentTimeExpression): StreamActions {
  /** Runs a change of each stream of a connector, with one audit event. @returns the streams that were changed */
  const change = (
    author: OperatorAuthor,
    action: string,
    streams: readonly Stream[],
    changeFeed: (db: Kysely<Schema>, feed: FeedRow) => Promise<void>,
    details: AuditEntry['details'] = {},
  ) =>
    adapter.durableTransaction(async (db) => {
      const feeds = await findFeeds(db, author.connector, streams);
      for (const feed of feeds) await changeFeed(db, feed);
      const names = feeds.map(({ stream }) => stream as Stream);
      if (feeds.length > 0)
        await appendAuditEventTo(db, adapter, {
          ...author,
          ...{ action, details: { ...details, streams: names.join(', ') } },
        });
      return names;
    });
  const setOf = (db: Kysely<Schema>, feed: FeedRow) => db.updateTable('feeds').where('id', '=', feed.id);
  const dueNow = { due_at: sql<number>`-(${clock()})` };

  return {
    requestPulls: (author, streams) =>
      change(author, 'stream.pull-requested', streams, async (db, feed) => {
        await setOf(db, feed).set(dueNow).execute();
      }),

    pauseStreams: (author, streams) =>
      change(author, 'stream.paused', streams, async (db, feed) => {
        await setOf(db, feed)
          .set((eb) => ({
            ...ENDED_LEASE,
            paused_at: clock(),
            fencing_token: eb('fencing_token', '+', 1),
          }))
          .execute();
      }),

    resumeStreams: (author, streams) =>
      change(author, 'stream.resumed', streams, async (db, feed) => {
        await setOf(db, feed)
          .set({ ...dueNow, paused_at: null })
          .execute();
      }),

    async rereadStreams(author, streams, fromMs) {
      const starts: { stream: Stream; cursorAt: number | undefined }[] = [];
      await change(
        author,
        'stream.reread-requested',
        streams,
        async (db, feed) => {
          const start = await findCursorAt(db, feed.id, fromMs);
          starts.push({ stream: feed.stream as Stream, cursorAt: start?.at });
          await setOf(db, feed)
            .set((eb) => ({
              ...{ ...ENDED_LEASE, ...dueNow, cursor: start?.cursor ?? null },
              fencing_token: eb('fencing_token', '+', 1),
            }))
            .execute();
        },
        { from: new Date(fromMs).toISOString() },
      );
      return starts;
    },

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

/** Locks the feeds of a connector in the sequence of their numbers. */
async function findFeeds(
  db: Kysely<Schema>,
  connector: string,
  streams: readonly Stream[],
): Promise<FeedRow[]> {
  return db
    .updateTable('feeds')
    .set((eb) => ({ head_seq: eb.ref('head_seq') }))
    .where('connector', '=', connector)
    .where('stream', 'in', [...streams])
    .returning(['id', 'stream'])
    .execute();
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
