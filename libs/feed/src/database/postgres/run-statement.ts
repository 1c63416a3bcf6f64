/**
 * Runs a statement, alone or together with the `begin` of its transaction. With `begin`, both are sent in one message group. If `begin` fails,
 * the server skips the statement, so the statement never runs outside of the transaction. Source: PostgreSQL documentation, "Extended Query",
 * "Pipelining".
 *
 * No object of a finished statement may refer to itself through a callback, as the driver's own promise and timeout do (query, callback,
 * query). V8's collections of young objects keep such a query with all its values and rows, and move it to the old generation, where its memory
 * is free only after a much later collection.
 */
import pg from 'pg';

export interface StatementResult<R> {
  /** The rows of the result. If the text contains several statements, the driver returns a list of results, and their rows are not used. */
  rows?: R[];
  rowCount?: number | null;
  command?: string;
}

type Finish = (error: Error | undefined, result: unknown) => void;

/**
 * Runs a statement. If the server does not respond in time, the connection is closed, because later responses could not be assigned.
 * @param begin a single statement that begins the transaction of this statement; `undefined` if no transaction begins
 * @param timeoutMs maximum time in milliseconds until the response; `undefined` for no limit
 */
export function runStatement<R>(
  client: pg.PoolClient,
  config: pg.QueryConfig,
  begin: string | undefined,
  timeoutMs: number | undefined,
): Promise<StatementResult<R>> {
  return new Promise((resolve, reject) => {
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            reject(new Error(`the server did not respond within ${timeoutMs} ms`));
            client.connection.stream.destroy();
          }, timeoutMs);
    const finish: Finish = (error, result) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve((begin === undefined ? result : (result as unknown[])[1]) as StatementResult<R>);
    };
    client.query(
      begin === undefined ? new pg.Query(config, finish) : new FirstStatement(begin, config, finish),
    );
  });
}

/** A statement that is sent behind `begin`. The driver returns two results: one for `begin`, and one for the statement. */
class FirstStatement extends pg.Query {
  constructor(
    readonly begin: string,
    config: pg.QueryConfig,
    finish: Finish,
  ) {
    // A message of the simple protocol cannot be part of the group. So the extended protocol is used, also for a statement without
    // parameters.
    super({ ...config, queryMode: 'extended' } as pg.QueryConfig, finish);
  }
}

// The types of the driver declare `submit` as a property. A property with a function that uses `this` would refer to its own statement.
FirstStatement.prototype.submit = function (this: FirstStatement, connection: pg.Connection): void {
  // The whole group is sent in one packet.
  connection.stream.cork();
  try {
    connection.parse({ name: '', text: this.begin, types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    return pg.Query.prototype.submit.call(this, connection);
  } finally {
    connection.stream.uncork();
  }
};
