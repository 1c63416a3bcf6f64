/** Stores the requests to PSPs about orders, and the responses, until they expire. */
import type { Kysely } from 'kysely';
import { buildSqlTimeFromNow } from '../database/build-sql-time.js';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import type { OrderExchange, OrderExchangeRepository } from '../types/order-exchange.types.js';

/** The maximum number of exchanges of one order, besides those of its first attempts. */
const MAX_EXCHANGES = 40;
/** The number of attempts whose exchanges are always kept, because they usually explain the outcome of an order. */
const FIRST_ATTEMPTS = 3;
/** The maximum number of exchanges that one transaction deletes. */
const DELETE_BATCH_ROWS = 1_000;

export function createOrderExchangeRepository(
  adapter: DatabaseAdapter,
  clock: CurrentTimeExpression,
): OrderExchangeRepository {
  return {
    async append(exchanges, keepMs) {
      if (exchanges.length === 0) return;
      await adapter.transaction(async (db) => {
        await db
          .insertInto('order_exchanges')
          .values(
            exchanges.map(({ orderId, at, position, action, attempt, body }) => ({
              ...{ order_id: orderId, at, position, action, attempt, body },
              expires_at: buildSqlTimeFromNow(clock, keepMs),
            })),
          )
          // Two gateways can look up an order in the same millisecond. Then the exchange of one of them is enough.
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        const repeated = exchanges.filter(({ action, attempt }) => !isFirstAttempt(action, attempt));
        for (const orderId of new Set(repeated.map((exchange) => exchange.orderId)))
          await deleteOldExchanges(db, orderId);
      });
    },

    async findByOrder(orderId) {
      const rows = await adapter.reader
        .selectFrom('order_exchanges')
        .select(['order_id', 'at', 'position', 'action', 'attempt', 'body'])
        .where('order_id', '=', orderId)
        .where('expires_at', '>', clock())
        .orderBy('at')
        .orderBy('position')
        .execute();
      return rows.map(({ order_id, ...exchange }): OrderExchange => ({ orderId: order_id, ...exchange }));
    },

    async deleteExpired() {
      const { numDeletedRows } = await adapter.transaction((db) =>
        db
          .deleteFrom('order_exchanges')
          .where((eb) =>
            eb(
              eb.refTuple('order_id', 'at', 'position'),
              'in',
              eb
                .selectFrom('order_exchanges')
                .select(['order_id', 'at', 'position'])
                .where('expires_at', '<=', clock())
                .orderBy('expires_at')
                .limit(DELETE_BATCH_ROWS)
                .$asTuple('order_id', 'at', 'position'),
            ),
          )
          .executeTakeFirstOrThrow(),
      );
      return numDeletedRows >= BigInt(DELETE_BATCH_ROWS);
    },
  };
}

function isFirstAttempt(action: OrderExchange['action'], attempt: number): boolean {
  return action === 'send' && attempt <= FIRST_ATTEMPTS;
}

/** Deletes the exchanges of an order that are older than its newest `MAX_EXCHANGES`, except those of its first attempts. */
async function deleteOldExchanges(db: Kysely<Schema>, orderId: string): Promise<void> {
  const oldestKept = await db
    .selectFrom('order_exchanges')
    .select('at')
    .where('order_id', '=', orderId)
    .orderBy('at', 'desc')
    .orderBy('position', 'desc')
    .offset(MAX_EXCHANGES - 1)
    .limit(1)
    .executeTakeFirst();
  if (!oldestKept) return;
  await db
    .deleteFrom('order_exchanges')
    .where('order_id', '=', orderId)
    .where('at', '<', oldestKept.at)
    .where((eb) => eb.or([eb('action', '!=', 'send'), eb('attempt', '>', FIRST_ATTEMPTS)]))
    .execute();
}
