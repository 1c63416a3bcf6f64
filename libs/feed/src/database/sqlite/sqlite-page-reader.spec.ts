/** Tests that the statement that reads a page also checks the number of the feed. */
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { FeedIdentity } from '../database-adapter.js';
import { addFeedSetId } from './feed-set-id.js';
import { SqlitePageReader } from './sqlite-page-reader.js';

const STORE = { storeId: 'the-store', epoch: 1, feedSetId: undefined, recordFeedSetId: () => {} };
const BANK: FeedIdentity = { id: 1, connector: 'bank', stream: 'transactions', ...STORE };
const PAGE = { rows: 1, body: '[{"id":"a"}]' };

describe('the reader of pages', () => {
  let connection: Database.Database;
  let reader: SqlitePageReader;

  beforeEach(async () => {
    connection = new Database(':memory:');
    connection.exec(`
      create table feeds (id integer primary key, connector text, stream text);
      create table store_identity (store_id text primary key, epoch integer);
      create table feed_rows (place integer primary key, feed_id integer, feed_time integer, body text);
      insert into feeds values (1, 'bank', 'transactions'), (2, 'other', 'transactions');
      insert into store_identity values ('the-store', 1);
      insert into feed_rows values ((1 << 40) | 1, 1, 5, '{"id":"a"}'), ((2 << 40) | 1, 2, 5, '{"id":"b"}')`);
    await addFeedSetId(new Kysely({ dialect: new SqliteDialect({ database: connection }) }));
    reader = new SqlitePageReader(connection);
  });

  afterEach(() => void connection.close());

  const read = (feed: FeedIdentity) => reader.read(feed, 0, 0, 10);

  it('returns the rows of the feed only, and an empty page behind its end', () => {
    expect(read(BANK)).toMatchObject(PAGE);
    expect(reader.read(BANK, 6, 0, 10)).toMatchObject({ rows: 0, body: '[]' });
    expect(reader.read(BANK, 0, 1, 10)).toMatchObject({ rows: 0, body: '[]' });
  });

  it.each([
    "update feeds set connector = 'other' where id = 1",
    "update feeds set stream = 'accounts' where id = 1",
    'delete from feeds where id = 1',
    "update store_identity set store_id = 'another-store'",
    'update store_identity set epoch = 11',
    'delete from store_identity',
  ])('returns no page after: %s', (change) => {
    expect(read(BANK)).toMatchObject(PAGE);
    connection.exec(change);
    expect(read(BANK)).toBeUndefined();
  });

  it('returns no page to a feed of another epoch with the same number, before and after a valid one', () => {
    const stale: FeedIdentity = { ...BANK, epoch: 2 };
    expect(read(stale)).toBeUndefined();
    expect(read(BANK)).toMatchObject(PAGE);
    expect(read(stale)).toBeUndefined();
    expect(read(BANK)).toMatchObject(PAGE);
  });

  it('reads the feed again after a transaction was rolled back in which it was read first', () => {
    connection.exec('begin');
    expect(read(BANK)).toMatchObject(PAGE);
    connection.exec('rollback');
    expect(read(BANK)).toMatchObject(PAGE);
  });

  it('finds a feed whose names contain quotes', () => {
    connection.exec("update feeds set connector = 'o''bank' where id = 1");
    expect(read({ ...BANK, connector: "o'bank" })).toMatchObject(PAGE);
    expect(read({ ...BANK, connector: "o''bank" })).toBeUndefined();
  });

  it('finds no feed with a number that is no integer, because the number becomes part of the SQL text', () => {
    expect(read({ ...BANK, id: 1.5 })).toBeUndefined();
  });

  it('reads more feeds than it keeps prepared statements for', () => {
    reader = new SqlitePageReader(connection, 1);
    const other: FeedIdentity = { ...BANK, id: 2, connector: 'other' };
    for (const feed of [BANK, other, BANK, other]) expect(read(feed)).toMatchObject({ rows: 1 });
    expect(read({ ...other, id: 1 })).toBeUndefined();
  });
});
