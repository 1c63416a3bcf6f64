/**
 * Stores the sessions of operators. Because the sessions are in the store, every gateway accepts them, and a log-out is valid for all
 * gateways.
 */
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import { buildSqlTimeFromNow } from '../database/build-sql-time.js';
import type { OperatorRepository } from '../types/operator.types.js';

type OperatorSessions = Pick<
  OperatorRepository,
  'createSession' | 'findSession' | 'deleteSession' | 'findLiveSessions'
>;

export function createOperatorSessions(
  adapter: DatabaseAdapter,
  clock: CurrentTimeExpression,
): OperatorSessions {
  return {
    createSession: (tokenHash, keyId, lifetimeMs) =>
      adapter.transaction(async (db) => {
        await db.deleteFrom('operator_sessions').where('expires_at', '<=', clock()).execute();
        const row = await db
          .insertInto('operator_sessions')
          .values({
            ...{ token_hash: tokenHash, key_id: keyId, created_at: clock() },
            expires_at: buildSqlTimeFromNow(clock, lifetimeMs),
          })
          .returning('expires_at')
          .executeTakeFirstOrThrow();
        return { keyId, expiresAt: row.expires_at };
      }),

    async findSession(tokenHash) {
      const row = await adapter.reader
        .selectFrom('operator_sessions')
        .select(['key_id', 'expires_at'])
        .where('token_hash', '=', tokenHash)
        .where('expires_at', '>', clock())
        .executeTakeFirst();
      return row && { keyId: row.key_id, expiresAt: row.expires_at };
    },

    async findLiveSessions(tokenHashes) {
      if (tokenHashes.length === 0) return new Set();
      const rows = await adapter.reader
        .selectFrom('operator_sessions')
        .select('token_hash')
        .where(adapter.inArray('token_hash', tokenHashes))
        .where('expires_at', '>', clock())
        .execute();
      return new Set(rows.map(({ token_hash }) => token_hash));
    },

    async deleteSession(tokenHash) {
      await adapter.transaction((db) =>
        db.deleteFrom('operator_sessions').where('token_hash', '=', tokenHash).execute(),
      );
    },
  };
}
