/** Quarantine: rejected records and data warnings of a stream. An entry is kept with its reason, and never served. */
import type { Finding, Refusal } from '@tributary/connector-api';
import type { ExpressionBuilder, Kysely } from 'kysely';
import type { Dialect } from './dialect.js';
import type { FeedPage, QuarantineEntry } from './feed.types.js';
import type { QuarantineTable, Schema } from './schema.js';

const LONGEST_RAW = 16_384;

/** Applies a page to the quarantine. A rejected record is resolved when a valid record of the same id arrives, or when the plugin says so. */
export async function updateQuarantine(
  db: Kysely<Schema>,
  dialect: Dialect,
  { id: feedId, hasRefusals }: { id: number; hasRefusals: boolean },
  page: FeedPage,
  now: number,
): Promise<void> {
  await clear(db, dialect, feedId, [...page.cleared], ['refusal', 'finding'], now);
  if (hasRefusals) {
    const good = page.records.map(({ id }) => id);
    await clear(db, dialect, feedId, good, ['refusal'], now);
  }
  for (const entry of [...page.refused.map(fromRefusal), ...page.findings.map(fromFinding)]) {
    await put(db, { ...entry, feed_id: feedId, since: now, cleared_at: null });
  }
}

/** Adds a data warning of this library. Must run inside a transaction that has locked the feed. */
export async function addFinding(
  db: Kysely<Schema>,
  feedId: number,
  finding: Finding,
  now: number,
): Promise<void> {
  await put(db, { ...fromFinding(finding), feed_id: feedId, since: now, cleared_at: null });
}

/** Returns the unresolved entries, newest first. */
export async function openEntries(
  db: Kysely<Schema>,
  connector: string | undefined,
  limit: number,
): Promise<QuarantineEntry[]> {
  const rows = await db
    .selectFrom('quarantine')
    .innerJoin('feeds', 'feeds.id', 'quarantine.feed_id')
    .select(['connector', 'stream', 'kind', 'record_id', 'reason', 'raw', 'since'])
    .where('cleared_at', 'is', null)
    .$if(connector !== undefined, (query) => query.where('connector', '=', connector ?? ''))
    .orderBy('since', 'desc')
    .orderBy('record_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    connector: row.connector,
    stream: row.stream as QuarantineEntry['stream'],
    kind: row.kind,
    id: row.record_id,
    reason: row.reason,
    ...(row.raw === null ? {} : { raw: row.raw }),
    since: row.since,
  }));
}

/** Builds the subquery of a feed's unresolved rejected records, for `exists`. */
export function openRefusals(eb: ExpressionBuilder<Schema, 'feeds'>, feedId: number) {
  return eb
    .selectFrom('quarantine')
    .select('record_id')
    .where('quarantine.feed_id', '=', feedId)
    .where('kind', '=', 'refusal')
    .where('cleared_at', 'is', null);
}

type Entry = Pick<QuarantineTable, 'kind' | 'record_id' | 'reason' | 'raw'>;

function fromRefusal({ id, refused, raw }: Refusal): Entry {
  return { kind: 'refusal', record_id: id, reason: refused, raw: raw?.slice(0, LONGEST_RAW) ?? null };
}

function fromFinding({ id, found }: Finding): Entry {
  return { kind: 'finding', record_id: id, reason: found, raw: null };
}

/** Inserts or updates an entry. An unresolved entry keeps the time at which it first appeared. */
async function put(db: Kysely<Schema>, entry: QuarantineTable): Promise<void> {
  await db
    .insertInto('quarantine')
    .values(entry)
    .onConflict((conflict) =>
      conflict.columns(['feed_id', 'kind', 'record_id']).doUpdateSet((eb) => ({
        reason: entry.reason,
        raw: entry.raw,
        since: eb
          .case()
          .when('quarantine.cleared_at', 'is', null)
          .then(eb.ref('quarantine.since'))
          .else(entry.since)
          .end(),
        cleared_at: null,
      })),
    )
    .execute();
}

async function clear(
  db: Kysely<Schema>,
  dialect: Dialect,
  feedId: number,
  ids: readonly string[],
  kinds: QuarantineTable['kind'][],
  now: number,
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('quarantine')
    .set({ cleared_at: now })
    .where('feed_id', '=', feedId)
    .where('kind', 'in', kinds)
    .where('cleared_at', 'is', null)
    .where(dialect.isOneOf('record_id', ids))
    .execute();
}
