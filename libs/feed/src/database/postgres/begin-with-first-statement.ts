/**
 * Sends the first statement of a transaction together with `begin`, in one message group. If `begin` fails, the server skips the statement,
 * so the statement never runs outside of the transaction. Source: PostgreSQL documentation, "Extended Query", "Pipelining".
 */
import pg from 'pg';

/** The results that the driver returns: one result for `begin`, and one for the statement. */
type Results<R> = [unknown, pg.QueryResult<R & pg.QueryResultRow>];

class FirstStatement extends pg.Query {
  constructor(
    private readonly begin: string,
    config: pg.QueryConfig,
    callback: (error: Error | undefined, results: unknown) => void,
  ) {
    // A message of the simple protocol cannot be part of the group. So the extended protocol is used, also for a statement without
    // parameters.
    super({ ...config, queryMode: 'extended' } as pg.QueryConfig, callback);
  }

  override submit = (connection: pg.Connection): void => {
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
}

/**
 * Begins a transaction and runs its first statement, in one round trip.
 * @param begin a single statement that begins the transaction
 */
export function beginWithFirstStatement<R>(
  client: pg.PoolClient,
  begin: string,
  config: pg.QueryConfig,
): Promise<pg.QueryResult<R & pg.QueryResultRow>> {
  return new Promise((resolve, reject) => {
    client.query(
      new FirstStatement(begin, config, (error, results) =>
        error ? reject(error) : resolve((results as Results<R>)[1]),
      ),
    );
  });
}
