/**
 * Keeps the last balances of each account for each day. The balances of a day are stored with the first observation of a later day, so an
 * account needs one further statement a day, and not one for each observation. The table `balances` contains the newest day.
 */
import type { Kysely } from 'kysely';
import type { BalanceTable, Schema } from '../database/schema.js';
import type { BalancePosition } from '../types/operator.types.js';
import { toUtcDay } from '../utc-day.js';

/** The number of earlier days that are kept: a year, and some weeks more for comparisons with the same month of the year before. */
const KEPT_DAYS = 400;

type DayBalances = Pick<BalanceTable, 'observed_at' | 'amounts'>;

/**
 * Stores the balances of an earlier day if the new observation is of a later day, and deletes the oldest days if there are more than 400. The
 * number of days decides, and not their age, because one observation with a wrong time must not delete all of them. The function must be
 * called inside the transaction that stores the new observation.
 */
export async function recordEndOfDay(
  db: Kysely<Schema>,
  connector: string,
  accountId: string,
  before: DayBalances,
  after: DayBalances,
): Promise<void> {
  const day = toUtcDay(before.observed_at);
  if (toUtcDay(after.observed_at) <= day) return;
  const { observed_at, amounts } = before;
  await db
    .insertInto('balance_history')
    .values({ connector, account_id: accountId, day, observed_at, amounts })
    .onConflict((conflict) =>
      conflict.columns(['connector', 'account_id', 'day']).doUpdateSet({ observed_at, amounts }),
    )
    .execute();
  await db
    .deleteFrom('balance_history')
    .where('connector', '=', connector)
    .where('account_id', '=', accountId)
    .where('day', '<', (eb) =>
      eb
        .selectFrom('balance_history')
        .select('day')
        .where('connector', '=', connector)
        .where('account_id', '=', accountId)
        .orderBy('day', 'desc')
        .limit(1)
        .offset(KEPT_DAYS - 1),
    )
    .execute();
}

/**
 * Returns the last balances of each UTC day on which the balances of the account were observed, newest first.
 * @param beforeMs only days before the day that contains this time; `undefined` to begin with the newest day
 */
export async function readBalanceHistory(
  db: Kysely<Schema>,
  { connector, accountId }: BalancePosition,
  beforeMs: number | undefined,
  limit: number,
): Promise<DayBalances[]> {
  const [newest] = await db
    .selectFrom('balances')
    .select(['observed_at', 'amounts'])
    .where('connector', '=', connector)
    .where('account_id', '=', accountId)
    .execute();
  if (newest === undefined) return [];
  const isIncluded = beforeMs === undefined || toUtcDay(newest.observed_at) < toUtcDay(beforeMs);
  // A process can store the end of this day between the two statements, so the day itself is not read from the history.
  const firstLaterDay = toUtcDay(isIncluded ? newest.observed_at : beforeMs);
  const earlier = await db
    .selectFrom('balance_history')
    .select(['observed_at', 'amounts'])
    .where('connector', '=', connector)
    .where('account_id', '=', accountId)
    .where('day', '<', firstLaterDay)
    .orderBy('day', 'desc')
    .limit(limit)
    .execute();
  return [...(isIncluded ? [newest] : []), ...earlier].slice(0, limit);
}
