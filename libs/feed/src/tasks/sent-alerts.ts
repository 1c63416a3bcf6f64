/** Stores which alerts were sent to each channel, so that no gateway sends an alert again, also after a restart. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { SentAlertRepository } from '../types/task.types.js';

export function createSentAlertRepository(adapter: DatabaseAdapter): SentAlertRepository {
  return {
    list: (channel) =>
      adapter.reader
        .selectFrom('sent_alerts')
        .select(['alert', 'fingerprint', 'body'])
        .where('channel', '=', channel)
        .orderBy('alert')
        .execute(),

    async record(channel, told, resolved) {
      await adapter.transaction(async (db) => {
        for (const { alert, fingerprint, body } of told)
          await db
            .insertInto('sent_alerts')
            .values({ channel, alert, fingerprint, body, sent_at: adapter.currentTime })
            .onConflict((conflict) =>
              conflict
                .columns(['channel', 'alert'])
                .doUpdateSet({ fingerprint, body, sent_at: adapter.currentTime }),
            )
            .execute();
        for (const alert of resolved)
          await db
            .deleteFrom('sent_alerts')
            .where('channel', '=', channel)
            .where('alert', '=', alert)
            .execute();
      });
    },
  };
}
