/** Updates the sum of the rows of each account and asset, in the transaction that appends the rows. */
import { readBalanceEffects, type BalanceEffect, type SerializedRecord } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import type { AccountTotalRow, DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import type { AccountSum, TimedEffects } from '../types/completeness.types.js';
import { INITIAL_ACCOUNT_CHECK, toAccountSum, type AccountSumRow } from './account-sum-row.js';
import { replaceByRecentSums } from './recent-sums.js';
import type { StoredSums } from './stored-sums.js';
import { toAccountAssetKey } from './to-account-asset-key.js';

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

/**
 * Returns the changes of balances that the new versions cause. A new record causes its full amount. A changed record causes the difference
 * from its previous version. The function must be called before the rows are inserted, inside the transaction that has locked the feed.
 */
export async function findBalanceEffects(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  { records, changedIds, heldContents }: NewVersions,
): Promise<TimedEffects[]> {
  // Accounts and beneficiaries move no money, so their earlier rows need not be read.
  const changedMovements =
    changedIds.size === 0
      ? []
      : records.filter(({ id, balanceChange }) => balanceChange && changedIds.has(id));
  const movementIds = new Set(changedMovements.map(({ id }) => id));
  const current = await readCurrentEffects(db, adapter, feedId, movementIds, heldContents);
  const result: TimedEffects[] = [];
  // This loop runs for every row of every append. So the result contains the objects of the records and no copies.
  for (const { id, balanceChange } of records) {
    if (balanceChange === undefined) continue;
    const { effects, at, isRepeatedReturn } = balanceChange;
    if (changedIds.has(id)) {
      const before = current.get(id) ?? [];
      if (isRepeatedReturn && before.length > 0) continue;
      if (before.length > 0)
        result.push({ effects: before.map((each) => ({ ...each, amount: -each.amount })), at });
      current.set(id, effects);
    }
    if (effects.length > 0) result.push(balanceChange);
  }
  return result;
}

/** The sums that an append changes. */
export interface ChangedSums {
  /** The columns to write. */
  rows: AccountTotalRow[];
  /** The sums after the commit, in parts. Only the last part, with the changed sums, can have the same account as another part, and is valid. */
  parts: readonly StoredSums[];
}

/** The accounts whose sums an append reads, in addition to or instead of the accounts of its rows. */
export interface SumSelection {
  /** Accounts whose sums are already known, so that they are not read. */
  knownIds: ReadonlySet<string>;
  /** Further accounts whose sums are read. */
  furtherIds: ReadonlySet<string>;
}

const NO_SUMS: StoredSums = { accountIds: new Set(), sums: new Map() };

/**
 * Reads the sums that new rows of these records change. The function must be called inside the transaction that has locked the feed.
 */
export function readAccountSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
  selection?: SumSelection,
): Promise<StoredSums> {
  const knownIds = selection?.knownIds;
  const accountIds = new Set<string>();
  for (const accountId of selection?.furtherIds ?? [])
    if (!knownIds?.has(accountId)) accountIds.add(accountId);
  for (const { balanceChange } of records)
    if (balanceChange)
      for (const { accountId } of balanceChange.effects)
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
  const { rows } = await sql<AccountSumRow>`
    select * from account_sums
     where feed_id = ${feedId} and ${adapter.inArray('account_id', [...accountIds])}`.execute(db);
  return { accountIds, sums: toSumsByKey(rows.map(toAccountSum)) };
}

/**
 * Adds amounts to the sums of their accounts. The function must be called inside the transaction that has locked the feed.
 * @param stored the present sums, in several parts. The function reads the sums of accounts that are missing in the parts
 * @param recent the recent sums in the row of the feed
 */
export async function addEffectsToSums(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  changes: readonly TimedEffects[],
  stored: readonly StoredSums[],
  recent: readonly AccountTotalRow[],
): Promise<ChangedSums> {
  if (changes.length === 0) return { rows: [], parts: stored };
  const missingIds = new Set<string>();
  for (const { effects } of changes) for (const { accountId } of effects) missingIds.add(accountId);
  for (const { accountIds } of stored)
    for (const accountId of missingIds) if (accountIds.has(accountId)) missingIds.delete(accountId);
  const missing = await readSums(db, adapter, feedId, missingIds);
  const parts = [...stored, replaceByRecentSums(missing, recent)];
  // The key has two levels, because this loop runs for every row, and joining the account and the asset to one key takes longer.
  const changed = new Map<string, Map<string, RunningSum>>();
  for (const { effects, at } of changes)
    for (const { accountId, asset, amount } of effects) {
      let ofAccount = changed.get(accountId);
      if (!ofAccount) changed.set(accountId, (ofAccount = new Map<string, RunningSum>()));
      let running = ofAccount.get(asset);
      if (!running) ofAccount.set(asset, (running = startRunningSum(accountId, asset, parts)));
      running.total += amount;
      if (at > running.suspectAt) running.after += amount;
    }
  const sums = [...changed.values()].flatMap((ofAccount) => [...ofAccount.values()].map(toChangedSum));
  const rows = sums.map(({ accountId, asset, total, check }) => ({
    ...{ account_id: accountId, asset, total: total.toString() },
    after_suspect: (check.suspect?.after ?? 0n).toString(),
  }));
  return { rows, parts: [...parts, { accountIds: NO_SUMS.accountIds, sums: toSumsByKey(sums) }] };
}

/** A sum while the amounts of a page are added to it. */
interface RunningSum {
  before: AccountSum;
  total: bigint;
  /**
   * The sum of the rows that the PSP booked after the suspect observation. An observation of a balance is suspect if it differs from the
   * sum of the rows.
   */
  after: bigint;
  /** The time of the suspect observation, in milliseconds since 1970. It is `Infinity` if no observation is suspect. */
  suspectAt: number;
}

function startRunningSum(accountId: string, asset: string, parts: readonly StoredSums[]): RunningSum {
  const key = toAccountAssetKey(accountId, asset);
  const stored = parts.find(({ sums }) => sums.has(key))?.sums.get(key);
  const before = stored ?? { accountId, asset, total: 0n, check: INITIAL_ACCOUNT_CHECK };
  const { suspect } = before.check;
  return { before, total: before.total, after: suspect?.after ?? 0n, suspectAt: suspect?.at ?? Infinity };
}

function toChangedSum({ before, total, after }: RunningSum): AccountSum {
  const { check } = before;
  const { suspect } = check;
  return { ...before, total, check: suspect ? { ...check, suspect: { ...suspect, after } } : check };
}

export function toSumsByKey(sums: readonly AccountSum[]): Map<string, AccountSum> {
  return new Map(sums.map((sum) => [toAccountAssetKey(sum.accountId, sum.asset), sum]));
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
