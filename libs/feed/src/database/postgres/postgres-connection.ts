/** One connection of a pool, from its acquisition to its release. */
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type pg from 'pg';
import { isUnavailable } from './postgres-errors.js';
import { runStatement, type StatementResult } from './run-statement.js';
import type { StoreUnavailableError } from '../store-errors.js';

/** The methods of a pool that its connections need. */
interface ConnectionOwner {
  /** Time in milliseconds after which a server that has not answered a statement counts as unreachable; `undefined` for no limit. */
  readonly responseTimeoutMs: number | undefined;
  /** Returns the name under which every session prepares the statement. The result is `undefined` for a statement that is not prepared. */
  getStatementName(text: string): string | undefined;
  toUnavailableError(error: unknown): StoreUnavailableError;
}

export class PostgresConnection implements DatabaseConnection {
  private isBroken = false;
  /** The `begin` statement that will be sent together with the next statement. */
  private pendingBegin: string | undefined;

  constructor(
    private readonly pool: ConnectionOwner,
    private readonly client: pg.PoolClient,
    private readonly leaveQueue: () => void,
  ) {}

  /**
   * Begins a transaction together with the next statement, in the same round trip. Until the server has responded, the caller may send only
   * reads, because later statements run outside of a transaction if `begin` fails.
   */
  beginWithNextStatement(begin: string): void {
    this.pendingBegin = begin;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount } = await this.query<R>(sql, parameters);
    return { rows: rows ?? [], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new TypeError('rows are not streamed');
  }

  async query<R>(text: string, values: readonly unknown[]): Promise<StatementResult<R>> {
    // A query without parameters may contain several statements, and PostgreSQL cannot prepare several statements at once.
    const name = values.length > 0 ? this.pool.getStatementName(text) : undefined;
    const query = { text, values: values.map(replaceNulCharacters), ...(name !== undefined && { name }) };
    const begin = this.pendingBegin;
    this.pendingBegin = undefined;
    try {
      return await runStatement<R>(this.client, query, begin, this.pool.responseTimeoutMs);
    } catch (error) {
      // After `begin` failed, the driver may treat the statement as prepared although the server has skipped it. So the connection must be
      // closed.
      if (begin !== undefined) this.isBroken = true;
      // The driver creates its errors when a response arrives. With this line, the stack trace leads to the caller of the statement.
      if (error instanceof Error) Error.captureStackTrace(error);
      if (!isUnavailable(error)) throw error;
      this.isBroken = true;
      throw this.pool.toUnavailableError(error);
    }
  }

  /**
   * Runs the last writes of a transaction and commits it, in one round trip. If a write fails, the server does not execute the later
   * statements. So the transaction is committed only if all writes succeeded.
   * @param commit SQL text that ends with the statement `commit`
   */
  async commit(writes: readonly CompiledQuery[], commit: string): Promise<void> {
    if (this.pendingBegin !== undefined) {
      if (writes.length === 0) return;
      const begin = this.pendingBegin;
      this.pendingBegin = undefined;
      await this.query(begin, []);
    }
    const results = await Promise.all([
      ...writes.map(({ sql, parameters }) => this.query(sql, parameters)),
      this.query<never>(commit, []),
    ]);
    const committed = [results.at(-1) ?? []].flat().at(-1);
    if (committed?.command !== 'COMMIT')
      throw new TypeError(
        'a statement of the transaction had failed: it was rolled back instead of committed',
      );
  }

  /** Rolls the transaction back. If the rollback fails, the connection is closed, which also ends the transaction. */
  async rollback(): Promise<void> {
    if (this.pendingBegin !== undefined) {
      this.pendingBegin = undefined;
      return;
    }
    await this.query('rollback', []).catch(() => (this.isBroken = true));
  }

  /** Returns the connection to the pool. A connection after an error is closed, because the state of its session is unknown. */
  release(): void {
    this.client.release(this.isBroken);
    this.leaveQueue();
  }
}

/** Replaces the character U+0000 by U+FFFD, because PostgreSQL's type `text` cannot store U+0000. */
function replaceNulCharacters(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
  return Array.isArray(value) ? value.map(replaceNulCharacters) : value;
}
