import type { Kysely } from 'kysely';
import type { AccountSumTable, Schema } from '../database/schema.js';

/** The end of an asset without decimals, as Formance writes it in orders: `JPY/0`. Balances have the asset `JPY`. */
const ZERO_DECIMALS = '/0';

/**
 * Adds the sums of `JPY/0` to the sums of `JPY`. Older programs stored two sums for an account with orders of Formance, so the completeness
 * check raised an alarm about each of them. The opening balance of such an account was calculated without these orders. So the check of the
 * account begins again with the next observed balance, and the data warnings about its gaps are resolved.
 */
export async function mergeZeroDecimalSums(migrated: Kysely<unknown>): Promise<void> {
  const db = migrated as Kysely<Schema>;
  const separate = await db
    .selectFrom('account_sums')
    .select(['feed_id', 'account_id', 'asset', 'total'])
    .where('asset', 'like', `%${ZERO_DECIMALS}`)
    .execute();
  for (const { feed_id, account_id, asset, total } of separate) {
    const target = { feed_id, account_id, asset: asset.slice(0, -ZERO_DECIMALS.length) };
    const found = await selectSum(db, target);
    await deleteSum(db, { feed_id, account_id, asset });
    await deleteSum(db, target);
    const merged = (BigInt(total) + BigInt(found?.total ?? '0')).toString();
    await db
      .insertInto('account_sums')
      .values({ ...target, ...UNCHECKED, total: merged })
      .execute();
    for (const each of [asset, target.asset])
      await resolveWarning(db, feed_id, `completeness:${account_id}:${each}`);
  }
}

type SumKey = Pick<AccountSumTable, 'feed_id' | 'account_id' | 'asset'>;

/** The state of a check before the first observation. */
const UNCHECKED = {
  ...{ opening: null, opening_proven: 0, agreed_at: null, agreed_seq: null },
  ...{ suspect_at: null, suspect_balance: null, suspect_since: null, after_suspect: '0' },
  ...{ gap: null, gap_since: null, reread_at: null },
} satisfies Omit<AccountSumTable, keyof SumKey | 'total'>;

async function selectSum(db: Kysely<Schema>, key: SumKey): Promise<{ total: string } | undefined> {
  return db
    .selectFrom('account_sums')
    .select('total')
    .where('feed_id', '=', key.feed_id)
    .where('account_id', '=', key.account_id)
    .where('asset', '=', key.asset)
    .executeTakeFirst();
}

async function deleteSum(db: Kysely<Schema>, key: SumKey): Promise<void> {
  await db
    .deleteFrom('account_sums')
    .where('feed_id', '=', key.feed_id)
    .where('account_id', '=', key.account_id)
    .where('asset', '=', key.asset)
    .execute();
}

/** Resolves a data warning of the completeness check. */
async function resolveWarning(db: Kysely<Schema>, feedId: number, id: string): Promise<void> {
  await db
    .updateTable('quarantine')
    .set((eb) => ({ cleared_at: eb.ref('since') }))
    .where('feed_id', '=', feedId)
    .where('kind', '=', 'finding')
    .where('record_id', '=', id)
    .where('cleared_at', 'is', null)
    .execute();
}
