/**
 * Stores held rows: versions of records that wait for their original (e.g. a refund for its payment), that were served without it, or that
 * a newer version replaced. `place-records.ts` decides when they become rows of the feed. The caller of each function has locked the feed,
 * so that all gateways of a store come to the same result.
 */
import type { Expression, ExpressionBuilder, Kysely, Selectable } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { HeldRowTable, Schema } from '../database/schema.js';
import { NO_AWAITED_ORIGINAL, type HeldRow, type Placement } from './place-records.js';
import { addDataWarning, resolveQuarantineEntries } from './quarantine.js';

/** The id of the data warning about rows that were served without their original. */
const WARNING_ID = 'rows-without-original';
/** The maximum number of rows in one insert, because a statement has a limited number of parameters. */
const BATCH_ROWS = 500;
/** The maximum number of ids in the data warning. It only counts further rows. */
const MAX_NAMED_IDS = 5;

/** Builds the subquery of a feed's held rows, for use in `exists`. */
export function selectHeldRows(eb: ExpressionBuilder<Schema, 'feeds'>, feedId: number) {
  return eb.selectFrom('held_rows').select('position').where('held_rows.feed_id', '=', feedId);
}

/**
 * Returns the held versions of these records, and the rows that wait for these records, directly or through other held rows.
 * @param recordIds ids of the records that are about to be appended
 */
export async function findHeldRowsOf(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  recordIds: readonly string[],
): Promise<HeldRow[]> {
  const found = new Map<number, HeldRow>();
  const seen = new Set(recordIds);
  for (let ids = [...seen]; ids.length > 0;) {
    const rows = await selectRows(db, feedId)
      .where((eb) =>
        eb.or([
          adapter.inArray('record_id', ids) as Expression<boolean>,
          adapter.inArray('original_id', ids) as Expression<boolean>,
        ]),
      )
      .execute();
    for (const row of rows) found.set(row.position, toHeldRow(row));
    ids = [...new Set(rows.map(({ record_id }) => record_id))].filter((id) => !seen.has(id));
    for (const id of ids) seen.add(id);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, row]) => row);
}

/** Returns the rows that have waited for their original since before a time, oldest first. */
export async function findOverdueRows(
  db: Kysely<Schema>,
  feedId: number,
  heldBefore: number,
  limit: number,
): Promise<HeldRow[]> {
  const rows = await selectRows(db, feedId)
    .where('served_alone_at', 'is', null)
    .where('held_at', '<=', heldBefore)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map(toHeldRow);
}

/** Applies the result of a placement to the stored held rows, and updates the data warning. */
export async function updateHeldRows(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  { held, releasedPositions, servedAlonePositions, replacedPositions, hasCorrections }: Placement,
  now: number,
): Promise<void> {
  if (held.size > 0) await insertHeldRows(db, feedId, held, now);
  if (releasedPositions.length > 0)
    await db
      .deleteFrom('held_rows')
      .where('feed_id', '=', feedId)
      .where(adapter.inArray('position', releasedPositions))
      .execute();
  await changeHeldRows(db, adapter, feedId, servedAlonePositions, { served_alone_at: now });
  await changeHeldRows(db, adapter, feedId, replacedPositions, {
    original_id: NO_AWAITED_ORIGINAL,
    served_alone_at: now,
  });
  const isWarningChanged =
    hasCorrections || servedAlonePositions.length > 0 || [...held].some(({ isServedAlone }) => isServedAlone);
  if (isWarningChanged) await updateWarning(db, adapter, feedId, now);
}

async function insertHeldRows(
  db: Kysely<Schema>,
  feedId: number,
  held: ReadonlySet<HeldRow>,
  now: number,
): Promise<void> {
  const { last } = await db
    .selectFrom('held_rows')
    .select((eb) => eb.fn.max('position').as('last'))
    .where('feed_id', '=', feedId)
    .executeTakeFirstOrThrow();
  let position = Number(last ?? 0);
  const rows = [...held].map(({ record, hash, isServedAlone }) => ({
    feed_id: feedId,
    position: ++position,
    record_id: record.id,
    original_id: record.originalId,
    psp_time: record.pspTime ?? null,
    hash,
    content: record.content,
    held_at: now,
    served_alone_at: isServedAlone ? now : null,
  }));
  for (let start = 0; start < rows.length; start += BATCH_ROWS)
    await db
      .insertInto('held_rows')
      .values(rows.slice(start, start + BATCH_ROWS))
      .execute();
}

async function changeHeldRows(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  positions: readonly number[],
  changes: Partial<Pick<HeldRowTable, 'original_id' | 'served_alone_at'>>,
): Promise<void> {
  if (positions.length === 0) return;
  await db
    .updateTable('held_rows')
    .set(changes)
    .where('feed_id', '=', feedId)
    .where(adapter.inArray('position', positions))
    .execute();
}

async function updateWarning(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  now: number,
): Promise<void> {
  const servedAlone = () =>
    db
      .selectFrom('held_rows')
      .where('feed_id', '=', feedId)
      .where('served_alone_at', 'is not', null)
      .where('original_id', '!=', NO_AWAITED_ORIGINAL);
  const [{ count }, named] = await Promise.all([
    servedAlone()
      .select((eb) => eb.fn.count<number>('record_id').distinct().as('count'))
      .executeTakeFirstOrThrow(),
    servedAlone()
      .select(['record_id', 'original_id'])
      .groupBy(['record_id', 'original_id'])
      .orderBy((eb) => eb.fn.min('position'))
      .limit(MAX_NAMED_IDS)
      .execute(),
  ]);
  if (Number(count) === 0) {
    await resolveQuarantineEntries(db, adapter, feedId, [WARNING_ID], ['finding'], now);
    return;
  }
  const names = named.map(({ record_id, original_id }) => `${record_id} (original ${original_id})`);
  const others = Number(count) > names.length ? ', …' : '';
  const message =
    `the original of ${Number(count)} transactions did not come, so they are served without the reference to it: ${names.join(', ')}${others}. ` +
    'Clients show each as a payment of its own. If the original comes, they are served again with the reference';
  await addDataWarning(db, feedId, { id: WARNING_ID, message }, now);
}

function selectRows(db: Kysely<Schema>, feedId: number) {
  return db
    .selectFrom('held_rows')
    .select(['position', 'record_id', 'original_id', 'psp_time', 'hash', 'content', 'served_alone_at'])
    .where('feed_id', '=', feedId);
}

function toHeldRow({
  position,
  record_id,
  original_id,
  psp_time,
  hash,
  content,
  served_alone_at,
}: Omit<Selectable<HeldRowTable>, 'feed_id' | 'held_at'>): HeldRow {
  const record = { id: record_id, pspTime: psp_time ?? undefined, content, originalId: original_id };
  return { position, record, hash, isServedAlone: served_alone_at !== null };
}
