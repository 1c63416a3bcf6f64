/** The PostgreSQL baseline: inserts a page of finished rows in one statement, without the library `feed`. */
import pg from 'pg';
import type { PlainDatabase, TableKind } from './plain-database.js';

const COLUMNS = 'feed_id, seq, feed_time, record_id, hash, body';
const TYPES = 'feed_id bigint, seq bigint, feed_time bigint, record_id text, hash bytea, body text';
const INSERT = {
  name: 'insert',
  text: `insert into feed_rows (${COLUMNS})
  select 1, * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::text[])`,
};
const SELECT = {
  name: 'select',
  text: `select body from feed_rows where feed_id = 1 and seq >= (
  select seq from feed_rows where feed_id = 1 and feed_time >= $1 order by feed_time limit 1
) order by seq limit $2`,
};

/**
 * Opens the database.
 * @param kind `same`: the gateway's table with its indexes, filled with `insert`. `bare`: a table without indexes, filled with `copy`
 */
export async function plainPostgres(url: string, kind: TableKind): Promise<PlainDatabase> {
  const client = new pg.Client(url);
  await client.connect();
  if (kind === 'bare') await client.query(`create table feed_rows (${TYPES})`);
  const insert = async (rows: Parameters<PlainDatabase['append']>[0]) => {
    const column = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
    const values = [column('seq'), column('time'), column('id'), column('hash'), column('body')];
    await client.query({ ...INSERT, values });
  };
  return {
    append: kind === 'same' ? insert : (rows) => copy(client, rows),
    read: async (from, count) => (await client.query({ ...SELECT, values: [from, count] })).rows.length,
    close: () => client.end(),
  };
}

/** The part of the driver's connection that is used for `copy`. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

function copy(client: pg.Client, rows: Parameters<PlainDatabase['append']>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query({
      submit: (connection: pg.Connection) =>
        (connection as unknown as CopyConnection).query(`copy feed_rows (${COLUMNS}) from stdin`),
      handleCopyInResponse: (connection: CopyConnection) => {
        connection.sendCopyFromChunk(Buffer.from(rows.map(line).join('')));
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(),
      handleError: reject,
    } as unknown as pg.Submittable);
  });
}

/** Formats a row for `copy`. Source: PostgreSQL documentation, "COPY", text format. */
function line({ seq, time, id, hash, body }: Parameters<PlainDatabase['append']>[0][number]): string {
  return `1\t${seq}\t${time}\t${id}\t\\\\x${hash.toString('hex')}\t${body.replaceAll('\\', '\\\\')}\n`;
}
