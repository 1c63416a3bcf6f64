/** Tests databases in which another program has tables with the names of this library's tables. */
import { openStore } from '../index.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';

describe.each(STORES)('in $name, a table of another program', (kind) => {
  let fresh: FreshStore;
  const schema = kind.name === 'SQLite' ? 'main' : 'public';

  beforeEach(async () => {
    fresh = await kind.create();
    // This statement creates the file of the SQLite database.
    await runSql(fresh.url, 'select 1');
  });

  afterEach(async () => {
    await fresh.remove();
  });

  it.each([
    ['orders', 'create table orders (id integer, customer text)'],
    ['feeds', 'create table feeds (id integer)'],
    ['connectors', 'create table connectors (id integer)'],
    ['store_identity', 'create table store_identity (id integer)'],
  ])('that is named %s is named in the error, and nothing is created', async (table, statement) => {
    await runSql(fresh.url, statement);
    await expect(openStore(fresh.url)).rejects.toThrow(
      `the table ${schema}.${table} belongs to another program: a store of version 0 has no table of this name; give the store a database or a schema of its own`,
    );
    await expect(runSql(fresh.url, 'select * from migrations')).rejects.toThrow(/migrations/);
  });

  it.each([
    [
      'with other columns',
      ['create table migrations (id integer, name text)'],
      `the table ${schema}.migrations belongs to another program: it has no column version, applied_at`,
    ],
    [
      'with the same columns, at version 7',
      [
        'create table migrations (version integer, applied_at integer)',
        'insert into migrations values (7, 1)',
      ],
      'the table migrations says that this is a store of version 7, but there is no table feeds: either another program owns the table migrations, or the store is incomplete',
    ],
    [
      'that is empty',
      ['create table migrations (version integer, applied_at integer)'],
      `the table ${schema}.migrations belongs to another program: a store of version 0 has no table of this name`,
    ],
  ])('that is named migrations, %s, does not start', async (_, statements, message) => {
    await runSql(fresh.url, ...statements);
    await expect(openStore(fresh.url)).rejects.toThrow(message);
  });

  it('is recognised beside the migrations of a store too', async () => {
    await (await openStore(fresh.url)).close();
    await runSql(
      fresh.url,
      'drop table balances',
      'create table balances (id integer, customer text, amount integer)',
    );
    await expect(openStore(fresh.url)).rejects.toThrow(
      `the table ${schema}.balances belongs to another program: it has no column connector, account_id`,
    );
  });
});
