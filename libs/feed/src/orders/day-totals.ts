/** Stores the total of the orders of each connector, UTC day and asset. Orders are checked against the daily limits with these totals. */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Schema } from '../database/schema.js';
import type { StoredOrder } from '../types/order.types.js';
import { toUtcDay } from '../utc-day.js';

/**
 * Locks the total of the day on which the order was created, until the commit.
 * @returns the total in minor units
 */
export async function lockDayTotal(db: Kysely<Schema>, order: StoredOrder): Promise<bigint> {
  const { total } = await db
    .insertInto('order_days')
    .values({ ...dayTotalKey(order), total: '0' })
    .onConflict((conflict) =>
      conflict
        .columns(['connector', 'day', 'asset'])
        .doUpdateSet((eb) => ({ total: eb.ref('order_days.total') })),
    )
    .returning('total')
    .executeTakeFirstOrThrow();
  return BigInt(total);
}

/** Builds the statement that stores the total of the order's day. The transaction must have locked this total. */
export function buildDayTotalUpdate(db: Kysely<Schema>, order: StoredOrder, total: bigint): CompiledQuery {
  const { connector, day, asset } = dayTotalKey(order);
  return db
    .updateTable('order_days')
    .set({ total: total.toString() })
    .where('connector', '=', connector)
    .where('day', '=', day)
    .where('asset', '=', asset)
    .compile();
}

/** Returns the amount that an order adds to the total of its day; 0 for an order that failed. */
export function getAmountCountedToday({ state, amount }: StoredOrder): bigint {
  return state === 'failed' ? 0n : amount;
}

function dayTotalKey({ connector, createdAt, asset }: StoredOrder) {
  return { connector, day: toUtcDay(createdAt), asset };
}
