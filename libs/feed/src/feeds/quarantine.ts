/**
 * Stores the quarantine of a stream, i.e. its rejected records and data warnings. Each entry contains the reason, and is never served to
 * clients.
 */
import type { DataWarning, RejectedRecord } from '@tributary/connector-api';
import type { ExpressionBuilder, Insertable, Kysely } from 'kysely';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { OpenedFeed } from '../identity/opened-feed.js';
import type { AcceptedGap } from '../types/completeness.types.js';
import { lockFeed } from './lock-feed.js';
import type { FeedPage } from '../types/store.types.js';
import type { QuarantineEntry } from '../types/quarantine.types.js';
import type { QuarantineTable, Schema } from '../database/schema.js';

/**
 * The maximum length of a raw record, in characters. The sync library already limits the length. This limit protects the database from a
 * caller that does not.
 */
const MAX_RAW_LENGTH = 131_072;

/**
 * Updates the quarantine with the rejected records and data warnings of a page. A rejected record is resolved when a valid record with the
 * same id arrives, or when the plugin reports the record as resolved.
 */
export async function updateQuarantine(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  { id: feedId, hasRejectedRecords }: { id: number; hasRejectedRecords: boolean },
  page: FeedPage,
  now: number,
): Promise<void> {
  await resolveQuarantineEntries(db, adapter, feedId, [...page.resolvedIds], ['refusal', 'finding'], now);
  if (hasRejectedRecords) {
    const validIds = page.records.map(({ id }) => id);
    await resolveQuarantineEntries(db, adapter, feedId, validIds, ['refusal'], now);
  }
  for (const entry of [...page.rejected.map(fromRejectedRecord), ...page.warnings.map(fromWarning)]) {
    await upsertEntry(db, { ...entry, feed_id: feedId, since: now, cleared_at: null, seen_at: now });
  }
}

/**
 * Adds a data warning that the store itself found, not a plugin. The function must be called inside a transaction that has locked the feed.
 */
export async function addDataWarning(
  db: Kysely<Schema>,
  feedId: number,
  warning: DataWarning,
  now: number,
): Promise<void> {
  await upsertEntry(db, { ...fromWarning(warning), feed_id: feedId, since: now, cleared_at: null });
}

/** The prefix of the ids of accepted gaps, which distinguishes them from data warnings. */
export const ACCEPTANCE_ID_PREFIX = 'accepted-gap:';

/**
 * Adds a gap (a difference between a balance and the sum of its rows) that a person accepted, as a resolved entry. The function must be
 * called inside a transaction that has locked the feed.
 */
export async function addGapAcceptance(
  db: Kysely<Schema>,
  feedId: number,
  acceptance: DataWarning,
  now: number,
): Promise<void> {
  await upsertEntry(db, { ...fromWarning(acceptance), feed_id: feedId, since: now, cleared_at: now });
}

/** Returns the gaps of a connector that people have accepted, newest first. */
export async function findGapAcceptances(db: Kysely<Schema>, connector: string): Promise<AcceptedGap[]> {
  const rows = await db
    .selectFrom('quarantine')
    .innerJoin('feeds', 'feeds.id', 'quarantine.feed_id')
    .select(['since', 'reason'])
    .where('connector', '=', connector)
    .where('kind', '=', 'finding')
    .where('record_id', 'like', `${ACCEPTANCE_ID_PREFIX}%`)
    .orderBy('since', 'desc')
    .execute();
  return rows.map(({ since, reason }) => ({ at: since, message: reason }));
}

/** The id of the data warning that rows of a feed are damaged. */
const DAMAGE_WARNING_ID = 'damaged-rows';

/**
 * Adds or resolves the data warning about damaged rows of a feed.
 * @throws StaleStateError when the feed was replaced
 */
export async function updateDamageWarning(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  message: string | undefined,
  clock: CurrentTimeExpression,
): Promise<void> {
  const { now } = await lockFeed(db, adapter, feed, clock);
  if (message === undefined)
    await resolveQuarantineEntries(db, adapter, feed.id, [DAMAGE_WARNING_ID], ['finding'], now);
  else await addDataWarning(db, feed.id, { id: DAMAGE_WARNING_ID, message }, now);
}

/** Returns the unresolved entries, newest first. */
export async function findOpenQuarantineEntries(
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

/**
 * Builds a subquery, for use in `exists`, of the rejected records of a feed that a valid record resolves. These are unresolved records, and
 * records that an operator dismissed. The subquery has two parts, because each part uses its own index.
 */
export function selectResolvableRejectedRecords(eb: ExpressionBuilder<Schema, 'feeds'>, feedId: number) {
  const select = () =>
    eb
      .selectFrom('quarantine')
      .select('record_id')
      .where('quarantine.feed_id', '=', feedId)
      .where('kind', '=', 'refusal');
  return select()
    .where('cleared_at', 'is', null)
    .unionAll(select().where('dismissed_at', 'is not', null));
}

type EntryColumns = Pick<QuarantineTable, 'kind' | 'record_id' | 'reason' | 'raw'>;

function fromRejectedRecord({ id, reason, raw }: RejectedRecord): EntryColumns {
  return { kind: 'refusal', record_id: id, reason, raw: raw?.slice(0, MAX_RAW_LENGTH) ?? null };
}

function fromWarning({ id, message }: DataWarning): EntryColumns {
  return { kind: 'finding', record_id: id, reason: message, raw: null };
}

/**
 * Inserts or updates an entry. An unresolved entry keeps the time at which it first appeared. An entry that an operator dismissed stays
 * resolved if the reason is the same. If the reason is different, the entry becomes a new entry with the present time.
 */
async function upsertEntry(db: Kysely<Schema>, entry: Insertable<QuarantineTable>): Promise<void> {
  const staysDismissed = (eb: ExpressionBuilder<Schema, 'quarantine'>) =>
    eb.and([eb('quarantine.dismissed_at', 'is not', null), eb('quarantine.reason', '=', entry.reason)]);
  await db
    .insertInto('quarantine')
    .values(entry)
    .onConflict((conflict) =>
      conflict.columns(['feed_id', 'kind', 'record_id']).doUpdateSet((eb) => ({
        reason: entry.reason,
        raw: entry.raw,
        since: eb
          .case()
          .when(eb.or([eb('quarantine.cleared_at', 'is', null), staysDismissed(eb)]))
          .then(eb.ref('quarantine.since'))
          .else(entry.since)
          .end(),
        cleared_at: eb
          .case()
          .when(staysDismissed(eb))
          .then(eb.ref('quarantine.cleared_at'))
          .else(entry.cleared_at)
          .end(),
        dismissed_at: eb
          .case()
          .when(staysDismissed(eb))
          .then(eb.ref('quarantine.dismissed_at'))
          .else(null)
          .end(),
        seen_at: entry.seen_at ?? null,
      })),
    )
    .execute();
}

/**
 * Marks entries as resolved. This also ends a dismissal: if the same fault occurs again later, the entry appears again. The function must
 * be called inside a transaction that has locked the feed.
 */
export async function resolveQuarantineEntries(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  ids: readonly string[],
  kinds: QuarantineTable['kind'][],
  now: number,
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('quarantine')
    .set({ cleared_at: now, dismissed_at: null })
    .where('feed_id', '=', feedId)
    .where('kind', 'in', kinds)
    .where((eb) => eb.or([eb('cleared_at', 'is', null), eb('dismissed_at', 'is not', null)]))
    .where(adapter.inArray('record_id', ids))
    .execute();
}
