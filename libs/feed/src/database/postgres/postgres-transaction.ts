/**
 * Runs transactions on PostgreSQL with few network round trips. `begin` is sent with the first statement, and the last writes are sent with
 * `commit`. Independent statements between them share a round trip (`Promise.all`).
 */
import type { CompiledQuery, Kysely } from 'kysely';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionPurpose, TransactionCallback } from '../database-adapter.js';
import type { Schema } from '../schema.js';
import { isSerializationFailure } from './postgres-errors.js';
import type { PostgresConnection } from './postgres-connection.js';
import { createConnectionBinder } from './postgres-kysely.js';
import type { PostgresPool } from './postgres-pool.js';

export interface TransactionKind {
  begin: string;
  /** True if `begin` is a single statement, so that it can be sent together with the first statement of the transaction. */
  beginsWithFirstStatement: boolean;
  commit: string;
}

const MAX_ATTEMPTS = 10;

export class PostgresTransactions {
  private readonly bindConnection: (connection: PostgresConnection) => Kysely<Schema>;

  constructor(
    private readonly pool: PostgresPool,
    private readonly purpose: ConnectionPurpose,
  ) {
    this.bindConnection = createConnectionBinder(pool, purpose);
  }

  /** Runs a transaction, and repeats it after a serialization failure. */
  async run<T>(kind: TransactionKind, work: TransactionCallback<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.runOnce(kind, work);
      } catch (error) {
        if (!isSerializationFailure(error) || attempt === MAX_ATTEMPTS) throw error;
        await sleep(Math.random() * 5 * 2 ** attempt);
      }
    }
  }

  private async runOnce<T>(kind: TransactionKind, work: TransactionCallback<T>): Promise<T> {
    const connection = await this.pool.connect(this.purpose);
    try {
      if (kind.beginsWithFirstStatement) connection.beginWithNextStatement(kind.begin);
      else await connection.query(kind.begin, []);
      const lastWrites: CompiledQuery[] = [];
      const result = await work(
        this.bindConnection(connection),
        (...statements) => void lastWrites.push(...statements),
      );
      await connection.commit(lastWrites, kind.commit);
      return result;
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      connection.release();
    }
  }
}
