/** Tests that a page statement notices by one number that a feed, the store or its epoch has changed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, StoreChangedError, type Feed, type Store } from '../index.js';
import { openAdapter } from '../testing/open-adapter.js';
import { migrate } from '../migrations/migrate.js';
import { formatFeedInsert, runSql } from '../testing/raw-sql.js';
import { POSTGRES_STORE, STORES, type FreshStore } from '../testing/stores.js';
import { appendRecords } from '../testing/test-records.js';

/** For 100 ms after a check, PostgreSQL serves rows of a feed with a unique number without another check. */
const CHECK_INTERVAL_MS = 110;
const RENAME = "update feeds set connector = 'x' where connector = 'bank'";

describe.each(STORES)('the id of the set of feeds in $name', (kind) => {
  const isPostgres = kind === POSTGRES_STORE;
  let fresh: FreshStore;
  let store: Store;
  let feed: Feed;

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url);
    feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a');
    await readPage();
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const readPage = async () => feed.readPage(undefined, 1, 10);
  const readId = async () =>
    Number((await runSql(fresh.url, 'select feed_set_id from store_identity'))[0]?.['feed_set_id']);

  it('stays the same while rows are appended and heartbeats are written', async () => {
    const before = await readId();
    await appendRecords(feed, 'b');
    await store.writeHeartbeat();
    expect(await readId()).toBe(before);
    expect(await readPage()).toMatchObject({ rows: 2 });
  });

  it('changes with a new feed, and the other feeds are served as before', async () => {
    const before = await readId();
    await store.feed('other', 'transactions');
    const after = await readId();
    expect(Number.isSafeInteger(after) && after !== before).toBe(true);
    for (let page = 0; page < 3; page++) expect(await readPage()).toMatchObject({ rows: 1 });
  });

  it.each([
    RENAME,
    "update feeds set stream = 'accounts' where connector = 'bank'",
    'update feeds set id = id + 1',
    'delete from feeds',
    ...(isPostgres ? ['truncate feeds'] : []),
    "update store_identity set store_id = 'another-store'",
    'update store_identity set epoch = epoch + 1',
    'delete from store_identity',
  ])('makes the page fail after: %s', async (change) => {
    expect(await readPage()).toMatchObject({ rows: 1 });
    await runSql(fresh.url, change);
    if (isPostgres) await sleep(CHECK_INTERVAL_MS);
    await expect(readPage()).rejects.toThrow(StoreChangedError);
  });

  it('differs after a restore, when the number of a lost feed was given to another feed', async () => {
    const id = 77;
    await runSql(fresh.url, formatFeedInsert(id, 'lost'));
    const lost = await store.feed('lost', 'transactions');
    await appendRecords(lost, 'of the lost feed');
    for (let page = 0; page < 2; page++)
      expect(await lost.readPage(undefined, 1, 10)).toMatchObject({ rows: 1 });
    await runSql(
      fresh.url,
      `delete from feed_rows where feed_id = ${id}`,
      `delete from feeds where id = ${id}`,
      formatFeedInsert(id, 'tenant', 1),
      `insert into feed_rows (feed_id, seq, feed_time, record_id, hash, body) values (${id}, 1, 1, 'r', 'h', '{"id":"r"}')`,
    );
    await expect((async () => lost.readPage(undefined, 1, 10))()).rejects.toThrow(StoreChangedError);
  });

  if (isPostgres)
    it('is not compared again at once for a feed with a unique number, but a page without rows always finds that the feed is gone', async () => {
      await readPage();
      await runSql(fresh.url, RENAME);
      expect(await readPage()).toMatchObject({ rows: 1 });
      await runSql(fresh.url, 'delete from feed_rows');
      await expect(readPage()).rejects.toThrow(StoreChangedError);
    });

  if (isPostgres)
    it('is changed by a session that restores a dump, whose search path is empty', async () => {
      const before = await readId();
      await runSql(
        fresh.url,
        "select set_config('search_path', '', false)",
        "insert into public.feeds (connector, stream, head_seq, fencing_token, leased_until) values ('new', 'accounts', 0, 0, 0)",
      );
      expect(await readId()).not.toBe(before);
    });

  if (!isPostgres)
    it('is added to a store of version 24 whose program did not add it', async () => {
      const older = await kind.create();
      const adapter = await openAdapter(older.url);
      try {
        await migrate(adapter, 24);
        const triggers = ['insert', 'delete', 'rename', 'restore'];
        await runSql(
          older.url,
          ...triggers.map((each) => `drop trigger renew_feed_set_id_after_${each}`),
          'alter table store_identity drop column feed_set_id',
        );
        await migrate(adapter);
        const [row] = await runSql(older.url, 'select feed_set_id from store_identity');
        expect(row?.['feed_set_id']).not.toBe(0);
      } finally {
        await adapter.close();
        await older.remove();
      }
    });

  it('is added to the tables of the release before', async () => {
    const older = await kind.create();
    const adapter = await openAdapter(older.url);
    try {
      await migrate(adapter, 23);
      await runSql(
        older.url,
        "insert into feeds (connector, stream, head_seq, fencing_token, leased_until) values ('bank', 'transactions', 0, 0, 0)",
      );
      await migrate(adapter);
      const [row] = await runSql(older.url, 'select feed_set_id from store_identity');
      expect(Number.isSafeInteger(Number(row?.['feed_set_id']))).toBe(true);
    } finally {
      await adapter.close();
      await older.remove();
    }
  });
});
