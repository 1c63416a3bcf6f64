/**
 * Stores when each task is due and which process runs it. The clock of the store decides which task is due, so that all gateways use the
 * same time.
 */
import { randomUUID } from 'node:crypto';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import { buildSqlTimeFromNow } from '../database/build-sql-time.js';
import type { TaskSchedule } from '../types/task.types.js';

export function createTaskSchedule(
  adapter: DatabaseAdapter,
  currentTime: CurrentTimeExpression,
): TaskSchedule {
  const updateHeld = async (name: string, holder: string, changes: object): Promise<boolean> => {
    const { numUpdatedRows } = await adapter.transaction((db) =>
      db
        .updateTable('scheduled_tasks')
        .set(changes)
        .where('name', '=', name)
        .where('holder', '=', holder)
        .executeTakeFirstOrThrow(),
    );
    return numUpdatedRows > 0n;
  };
  return {
    async claim(name, leaseMs) {
      const holder = randomUUID();
      const isClaimed = await adapter.transaction(async (db) => {
        await db
          .insertInto('scheduled_tasks')
          .values({ name, next_at: 0, holder: null, lease_until: 0 })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .execute();
        const { numUpdatedRows } = await db
          .updateTable('scheduled_tasks')
          .set({ holder, lease_until: buildSqlTimeFromNow(currentTime, leaseMs) })
          .where('name', '=', name)
          .where('next_at', '<=', currentTime())
          .where('lease_until', '<=', currentTime())
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      });
      if (!isClaimed) return undefined;
      return {
        renew: (renewedMs) =>
          updateHeld(name, holder, { lease_until: buildSqlTimeFromNow(currentTime, renewedMs) }),
        async finish(nextInMs) {
          const nextAt = buildSqlTimeFromNow(currentTime, nextInMs);
          await updateHeld(name, holder, { next_at: nextAt, holder: null, lease_until: 0 });
        },
      };
    },
  };
}
