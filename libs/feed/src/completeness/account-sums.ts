/** Updates the sum of the rows of each account and asset, in the transaction that appends the rows. */
import { readBalanceEffects, type BalanceEffect, type SerializedRecord } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter, RowsTableColumn, WriteAtCommit } from '../database/database-adapter.js';
import type { AccountSumTable, Schema } from '../database/schema.js';
import type { TimedEffect } from '../types/completeness.types.js';

/** The versions of records that an append adds to the feed. */
export interface NewVersions {
  /** The records, one for each version, in the sequence of the versions. The same record can occur twice. */
  records: readonly SerializedRecord[];
  /** The ids of those records that already had an earlier version. */
  changedIds: ReadonlySet<string>;
  /**
   * The contents of earlier versions that are not rows of the feed yet, by record id. Such a version waits for its original, e.g. a refund
   * waits for its payment.
   */
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
const SUM_COLUMN_NAMES = sql.raw(SUM_COLUMNS.map(({ name }) => name).join(', '));
const NEW_SUM: AccountSumState = { total: 0n, after: 0n, suspectAt: Infinity };

/**
 * Returns the changes of balances that the new versions cause. A new record causes its full amount. A changed record causes the difference
 * from its previous version. The function must be called before the rows are inserted, inside the transaction that has locked the feed.
 */
export async function findBalanceEffects(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  { records, changedIds, heldContents }: NewVersions,
): Promise<TimedEffect[]> {
  // Accounts and beneficiaries move no money, so their earlier rows need not be read.
  const changedMovements =
    changedIds.size === 0
      ? []
      : records.filter(({ id, balanceChange }) => balanceChange && changedIds.has(id));
  const movementIds = new Set(changedMovements.map(({ id }) => id));
  const current = await readCurrentEffects(db, adapter, feedId, movementIds, heldContents);
  const result: TimedEffect[] = [];
  // This loop runs for every row of every append. Copying single properties takes less time than spreading the object.
  for (const { id, balanceChange } of records) {
    if (balanceChange === undefined) continue;
    const { effects, at, isRepeatedReturn } = balanceChange;
    if (changedIds.has(id)) {
      const before = current.get(id) ?? [];
      if (isRepeatedReturn && before.length > 0) continue;
      for (const { accountId, asset, amount } of before)
        result.push({ accountId, asset, amount: -amount, at });
      current.set(id, effects);
    }
    for (const { accountId, asset, amount } of effects) result.push({ accountId, asset, amount, at });
  }
  return result;
}

/** The sum of one account in one asset. */
export interface AccountSumState {
  total: bigint;
  /**
   * The sum of the rows that the PSP booked after the suspect observation. An observation of a balance is suspect if it differs from the
   * sum of the rows.
   */
  after: bigint;
  /** The time of the suspect observation, in milliseconds since 1970. It is `Infinity` if no observation is suspect. */
  suspectAt: number;
}

/** The sums of accounts as they are stored in the database. */
export interface StoredSums {
  /** The ids of the accounts whose sums were read. */
  accountIds: ReadonlySet<string>;
  /** The sums, by account and asset. */
  sums: ReadonlyMap<string, AccountSumState>;
}

const NO_SUMS: StoredSums = { accountIds: new Set(), sums: new Map() };

/**
 * Reads the sums that new rows of these records change. The function must be called inside the transaction that has locked the feed.
 * @param knownIds accounts whose sums need not be read
 */
export function readAccountSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
  knownIds?: ReadonlySet<string>,
): Promise<StoredSums> {
  const accountIds = new Set<string>();
  for (const { balanceChange } of records)
    for (const { accountId } of balanceChange?.effects ?? [])
      if (!knownIds?.has(accountId)) accountIds.add(accountId);
  return readSums(db, adapter, feedId, accountIds);
}

async function readSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  accountIds: ReadonlySet<string>,
): Promise<StoredSums> {
  if (accountIds.size === 0) return NO_SUMS;
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
 * Adds amounts to the sums of their accounts. The function must be called inside the transaction that has locked the feed.
 * @param stored the present sums, in several parts. The function reads the sums of accounts that are missing in the parts
 * @returns the sums after the commit: the same parts and further parts. If two parts contain the same account, the later part is valid
 */
export async function addEffectsToSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  writeAtCommit: WriteAtCommit,
  feedId: number,
  effects: readonly TimedEffect[],
  stored: readonly StoredSums[],
): Promise<readonly StoredSums[]> {
  if (effects.length === 0) return stored;
  const missingIds = new Set<string>();
  for (const { accountId } of effects)
    if (!stored.some(({ accountIds }) => accountIds.has(accountId))) missingIds.add(accountId);
  const parts = [...stored, await readSums(db, adapter, feedId, missingIds)];
  const changed = new Map<string, AccountSumState & { accountId: string; asset: string }>();
  for (const { accountId, asset, amount, at } of effects) {
    const key = toAccountAssetKey(accountId, asset);
    let sum = changed.get(key);
    if (!sum) {
      const before = parts.find(({ sums }) => sums.has(key))?.sums.get(key) ?? NEW_SUM;
      changed.set(key, (sum = { ...before, accountId, asset }));
    }
    sum.total += amount;
    if (at > sum.suspectAt) sum.after += amount;
  }
  const rows = [...changed.values()].map(({ accountId, asset, total, after }) => ({
    feed_id: feedId,
    account_id: accountId,
    asset,
    total: total.toString(),
    after_suspect: after.toString(),
    opening_proven: 0,
  }));
  const insert = sql`
    insert into account_sums (${SUM_COLUMN_NAMES})
    select * from ${adapter.rowsTable(SUM_COLUMNS, rows)}
    on conflict (feed_id, account_id, asset)
    do update set total = excluded.total, after_suspect = excluded.after_suspect`;
  writeAtCommit(insert.compile(db));
  return [...parts, { accountIds: NO_SUMS.accountIds, sums: changed }];
}

/** Returns the amounts by which the newest versions of the changed records move each account. */
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

/** Returns the key of an account in one asset for use in a Map. The two parts are separated by a space, which neither of them contains. */
export function toAccountAssetKey(accountId: string, asset: string): string {
  return `${accountId} ${asset}`;
}
