/** Keeps the sum of the rows of each account and asset, in the transaction that appends the rows. */
import { readBalanceEffects, type BalanceEffect, type SerializedRecord } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter, RowsTableColumn, WriteAtCommit } from '../database/database-adapter.js';
import type { AccountSumTable, Schema } from '../database/schema.js';
import type { TimedEffect } from '../types/completeness.types.js';

/** The new versions of records. */
export interface NewVersions {
  /** One entry for each version, in their sequence. The same record can occur twice. */
  records: readonly SerializedRecord[];
  /** Ids of the records that have earlier versions. */
  changedIds: ReadonlySet<string>;
  /** Contents of earlier versions that wait for their original and are no rows yet, by record id. */
  heldContents: ReadonlyMap<string, readonly string[]>;
}

type StoredSum = Pick<AccountSumTable, 'account_id' | 'asset' | 'total' | 'suspect_at' | 'after_suspect'>;

const SUM_COLUMNS: readonly RowsTableColumn[] = [
  { name: 'feed_id', type: 'integer' },
  { name: 'account_id', type: 'text' },
  { name: 'asset', type: 'text' },
  { name: 'total', type: 'text' },
  { name: 'after_suspect', type: 'text' },
  { name: 'opening_proven', type: 'integer' },
];

/**
 * Returns what the new versions change: the effects of a new record, and the difference between the effects of a changed record and those of
 * its version before. Must run before the rows are inserted, inside the transaction that has locked the feed.
 */
export async function findEffects(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  { records, changedIds, heldContents }: NewVersions,
): Promise<TimedEffect[]> {
  // Accounts and beneficiaries move no money, so their earlier rows need not be read.
  const changedMovements = records.filter(({ id, balanceChange }) => balanceChange && changedIds.has(id));
  const current = await readCurrentEffects(
    db,
    adapter,
    feedId,
    new Set(changedMovements.map(({ id }) => id)),
    heldContents,
  );
  const result: TimedEffect[] = [];
  for (const { id, balanceChange } of records) {
    if (balanceChange === undefined) continue;
    const before = current.get(id) ?? [];
    if (balanceChange.isRepeatedReturn && before.length > 0) continue;
    if (before.length === 0 && balanceChange.effects.length === 0) continue;
    const { effects, at } = balanceChange;
    for (const effect of before) result.push({ ...effect, amount: -effect.amount, at });
    for (const effect of effects) result.push({ ...effect, at });
    current.set(id, effects);
  }
  return result;
}

/** Sums of accounts as the database has them. */
export interface StoredSums {
  /** Accounts whose sums were read. */
  accountIds: ReadonlySet<string>;
  /** By account and asset. */
  sums: ReadonlyMap<string, { total: bigint; after: bigint; suspectAt: number }>;
}

/** Reads the sums that new rows of these records change. Must run inside the transaction that has locked the feed. */
export function readAccountSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
): Promise<StoredSums> {
  const effects = records.flatMap(({ balanceChange }) => balanceChange?.effects ?? []);
  return readSums(db, adapter, feedId, new Set(effects.map(({ accountId }) => accountId)));
}

async function readSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  accountIds: ReadonlySet<string>,
): Promise<StoredSums> {
  if (accountIds.size === 0) return { accountIds, sums: new Map() };
  const { rows } = await sql<StoredSum>`
    select account_id, asset, total, suspect_at, after_suspect from account_sums
     where feed_id = ${feedId} and ${adapter.inArray('account_id', [...accountIds])}`.execute(db);
  const sums = rows.map(
    (row) =>
      [
        toAccountAssetKey(row.account_id, row.asset),
        { total: BigInt(row.total), after: BigInt(row.after_suspect), suspectAt: row.suspect_at ?? Infinity },
      ] as const,
  );
  return { accountIds, sums: new Map(sums) };
}

/**
 * Adds effects to the sums of their accounts. Must run inside the transaction that has locked the feed.
 * @param stored the sums from the same transaction. Those of other accounts are read here
 */
export async function addEffectsToSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  writeLast: WriteAtCommit,
  feedId: number,
  effects: readonly TimedEffect[],
  stored: StoredSums,
): Promise<void> {
  if (effects.length === 0) return;
  const missingIds = effects
    .map(({ accountId }) => accountId)
    .filter((accountId) => !stored.accountIds.has(accountId));
  const missing = await readSums(db, adapter, feedId, new Set(missingIds));
  const sums = new Map([...stored.sums, ...missing.sums]);
  const changed = new Map<string, { accountId: string; asset: string }>();
  for (const { accountId, asset, amount, at } of effects) {
    const key = toAccountAssetKey(accountId, asset);
    const { total, after, suspectAt } = sums.get(key) ?? { total: 0n, after: 0n, suspectAt: Infinity };
    sums.set(key, { total: total + amount, after: at > suspectAt ? after + amount : after, suspectAt });
    changed.set(key, { accountId, asset });
  }
  const rows = [...changed].map(([key, { accountId, asset }]) => {
    const { total, after } = sums.get(key)!;
    return {
      feed_id: feedId,
      account_id: accountId,
      asset,
      total: total.toString(),
      after_suspect: after.toString(),
      opening_proven: 0,
    };
  });
  const insert = sql`
    insert into account_sums (${sql.raw(SUM_COLUMNS.map(({ name }) => name).join(', '))})
    select * from ${adapter.rowsTable(SUM_COLUMNS, rows)}
    on conflict (feed_id, account_id, asset)
    do update set total = excluded.total, after_suspect = excluded.after_suspect`;
  writeLast(insert.compile(db));
}

/** Returns the effects that the changed records have now. */
async function readCurrentEffects(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  changedIds: ReadonlySet<string>,
  heldContents: NewVersions['heldContents'],
): Promise<Map<string, readonly BalanceEffect[]>> {
  if (changedIds.size === 0) return new Map();
  const rows = await db
    .selectFrom('feed_rows')
    .select(['record_id', 'body'])
    .where('feed_id', '=', feedId)
    .where(adapter.inArray('record_id', [...changedIds]))
    .orderBy('seq')
    .execute();
  const bodies = new Map<string, string[]>();
  for (const { record_id, body } of rows) bodies.set(record_id, [...(bodies.get(record_id) ?? []), body]);
  for (const [id, contents] of heldContents)
    if (changedIds.has(id))
      bodies.set(id, [...(bodies.get(id) ?? []), ...contents.map((content) => `${content}}`)]);
  return new Map([...bodies].map(([id, all]) => [id, readBalanceEffects(all)]));
}

/** Returns the key under which a Map stores an account in one asset. Neither part contains a space. */
export function toAccountAssetKey(accountId: string, asset: string): string {
  return `${accountId} ${asset}`;
}
