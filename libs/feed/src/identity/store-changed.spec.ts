/** Tests that a process notices when its database is replaced, restored or emptied, and that no row is written to a wrong feed. */
import Database from 'better-sqlite3';
import { copyFileSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import {
  getCurrentProcess,
  openStore,
  startEpochAfterRestore,
  StoreChangedError,
  type Feed,
  type Store,
} from '../index.js';
import { PostgresServer } from '../testing/postgres-server.js';
import { backUpDatabase, runSql } from '../testing/raw-sql.js';
import { POSTGRES_STORE, SQLITE_STORE, STORES, type FreshStore } from '../testing/stores.js';
import { appendRecords, createRecord, EMPTY_PAGE_PARTS } from '../testing/test-records.js';

/**
 * Time in ms for which pages may still be served after the SQLite file was deleted, because the gateway checks the file only every 100 ms.
 */
const FILE_CHECK_MS = 150;

async function readIds(feed: Feed): Promise<string[]> {
  const { body } = await feed.readPage(undefined, 1, 100);
  return (JSON.parse(body.toString()) as { id: string }[]).map(({ id }) => id);
}

describe.each(STORES)('a $name store whose database changes under the process', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let changes: string[];

  async function open(): Promise<void> {
    store = await openStore(fresh.url);
    changes = [];
    store.onChange(({ reason }) => changes.push(reason));
  }

  beforeEach(async () => {
    fresh = await kind.create();
    await open();
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  it('serves, locks and extends no feed of another tenant that has the number now', async () => {
    const feed = await store.feed('acme/bank', 'transactions');
    const other = await store.feed('other/bank', 'transactions');
    await appendRecords(feed, 'a1');
    await appendRecords(other, 'b1', 'b2');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    await runSql(
      fresh.url,
      "update feeds set connector = 'x' where connector = 'acme/bank'",
      "update feeds set connector = 'acme/bank' where connector = 'other/bank'",
      "update feeds set connector = 'other/bank' where connector = 'x'",
    );
    await expect(
      lease?.append({ ...EMPTY_PAGE_PARTS, records: [createRecord('a2')], cursor: 'c' }),
    ).rejects.toThrow(StoreChangedError);
    for (const use of [
      () => feed.readPage(undefined, 1, 100),
      () => feed.latestBodies(['b1']),
      () => feed.acquireLease(getCurrentProcess(), 60_000),
      () => store.orders('acme/bank').update('none', () => undefined),
      () => store.checkWritable(),
    ])
      await expect((async () => use())()).rejects.toThrow(StoreChangedError);
    expect(changes).toHaveLength(1);
    expect(await runSql(fresh.url, 'select record_id from feed_rows order by record_id')).toEqual(
      ['a1', 'b1', 'b2'].map((record_id) => ({ record_id })),
    );
  });

  it('notices at the next page that a number is that of another feed', async () => {
    const feed = await store.feed('acme/bank', 'transactions');
    await appendRecords(feed, 'a1');
    await runSql(fresh.url, "update feeds set connector = 'other/bank' where connector = 'acme/bank'");
    await expect((async () => feed.readPage(undefined, 1, 100))()).rejects.toThrow(StoreChangedError);
  });

  it('refuses a page when the feed has lost rows, and is not opened again until it is restored', async () => {
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1', 'a2');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    await runSql(
      fresh.url,
      'delete from feed_rows where seq = 2',
      'update feeds set head_seq = 1 where head_seq = 2',
    );
    await expect(
      lease?.append({ ...EMPTY_PAGE_PARTS, records: [createRecord('a3')], cursor: 'c' }),
    ).rejects.toThrow(/the feed bank\/transactions has 1 rows, and had 2/);
    await store.close();
    await expect(openStore(fresh.url)).rejects.toThrow(/lost data.*tributary store restore/);
    await startEpochAfterRestore(fresh.url);
    await open();
    await appendRecords(await store.feed('bank', 'transactions'), 'a3');
    expect(await readIds(await store.feed('bank', 'transactions'))).toEqual(['a1', 'a3']);
  });

  it('notices an older state by its heartbeat', async () => {
    await store.writeHeartbeat();
    await store.writeHeartbeat();
    await runSql(fresh.url, 'update store_identity set beat = beat - 1');
    await expect(store.orders('bank').update('none', () => undefined)).rejects.toThrow(
      /in an older state: heartbeat 1 was found after heartbeat 2/,
    );
  });

  it('stops for a loss that another process has found', async () => {
    const other = await openStore(fresh.url);
    await store.writeHeartbeat();
    await store.writeHeartbeat();
    // The other process has written no heartbeat, so it cannot find the loss itself.
    await runSql(fresh.url, 'update store_identity set beat = 0');
    await other.orders('bank').update('none', () => undefined);
    await expect(store.writeHeartbeat()).rejects.toThrow('older state');
    await expect(other.orders('bank').update('none', () => undefined)).rejects.toThrow('epoch 2, expected 1');
    await other.close();
  });

  it('notices another store, and another epoch', async () => {
    await runSql(fresh.url, 'update store_identity set epoch = 2');
    await expect(store.writeHeartbeat()).rejects.toThrow(/is in epoch 2, expected 1/);
    await store.close();
    await open();
    await runSql(fresh.url, "update store_identity set store_id = 'other'");
    await expect(store.writeHeartbeat()).rejects.toThrow(/holds the store other, expected /);
  });

  it('gives every row after a restore a feed time that no reader has passed', async () => {
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1');
    await store.writeHeartbeat();
    await store.close();
    const putBack = await backUpDatabase(fresh.url);
    await open();
    // The reader reads a row that the backup does not contain, and remembers the time of this row.
    await appendRecords(await store.feed('bank', 'transactions'), 'late', 'a2');
    const { feedTime: position = 0 } = await (await store.feed('bank', 'transactions')).head();
    const neverRead = await store.feed('new', 'transactions');
    await appendRecords(neverRead, 'n1');
    const { feedTime: newPosition = 0 } = await neverRead.head();
    await store.close();
    await putBack();
    const { restoredAt, backupAt } = await startEpochAfterRestore(fresh.url);
    expect(restoredAt).toBeGreaterThanOrEqual(backupAt);
    await open();
    expect(store.lastRestore).toEqual({ restoredAt, backupAt });
    // The PSP lists the lost records again, and also a version that was created while the store was down.
    const again = await store.feed('bank', 'transactions');
    await appendRecords(again, 'late', 'a2', 'later');
    const { body } = await again.readPage(position, 1, 100);
    expect((JSON.parse(body.toString()) as { id: string }[]).map(({ id }) => id)).toEqual([
      'late',
      'a2',
      'later',
    ]);
    const recreated = await store.feed('new', 'transactions');
    await appendRecords(recreated, 'n1');
    expect((await recreated.head()).feedTime).toBeGreaterThan(newPosition);
    expect(await readIds(again)).toEqual(['a1', 'late', 'a2', 'later']);
  });

  it('takes no lease of the backup for a live one', async () => {
    const lease = await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 600_000);
    await store.close();
    await startEpochAfterRestore(fresh.url);
    await open();
    await expect(
      (await store.feed('bank', 'transactions')).acquireLease({ host: 'other', pid: 1, id: 'x' }, 60_000),
    ).resolves.toBeDefined();
    expect(lease).toBeDefined();
  });
});

async function waitUntil(isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await isTrue());)
    if (Date.now() > end) throw new Error('it never happened');
}

describe('a SQLite file', () => {
  it.each(['deleted', 'replaced'])(
    'that is %s is noticed at the next write and at the next page',
    async (how) => {
      const fresh = await SQLITE_STORE.create();
      await (await openStore(fresh.url)).close();
      const putBack = await backUpDatabase(fresh.url);
      const store = await openStore(fresh.url);
      const feed = await store.feed('bank', 'transactions');
      await appendRecords(feed, 'a1');
      if (how === 'replaced') await putBack();
      else rmSync(fresh.url.slice('sqlite:'.length));
      await new Promise((resolve) => setTimeout(resolve, FILE_CHECK_MS));
      await expect((async () => feed.readPage(undefined, 1, 10))()).rejects.toThrow(`the file was ${how}`);
      await expect(store.recordSyncRun(RUN)).rejects.toThrow(StoreChangedError);
      await store.close();
      await fresh.remove();
    },
  );

  // The newest rows and orders are only in the write-ahead log, so a process that is killed later would lose them.
  it.each([
    [
      'whose write-ahead log is deleted',
      'its write-ahead log .* was deleted',
      (file: string) => rmSync(`${file}-wal`),
    ],
    [
      'whose write-ahead log is replaced',
      'its write-ahead log .* was replaced by another one',
      (file: string) => {
        copyFileSync(`${file}-wal`, `${file}-copy`);
        renameSync(`${file}-copy`, `${file}-wal`);
      },
    ],
    ['that is emptied', 'the file was truncated', (file: string) => truncateSync(file, 0)],
  ])('%s is noticed at the next write and at the next page', async (_, reason, damage) => {
    const fresh = await SQLITE_STORE.create();
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1');
    damage(fresh.url.slice('sqlite:'.length));
    await expect(store.recordSyncRun(RUN)).rejects.toThrow(new RegExp(reason));
    await expect((async () => feed.readPage(undefined, 1, 10))()).rejects.toThrow(StoreChangedError);
    await store.close();
    await fresh.remove();
  });

  it('that is opened by a symbolic link has its write-ahead log beside the file itself', async () => {
    const fresh = await SQLITE_STORE.create();
    const file = fresh.url.slice('sqlite:'.length);
    await (await openStore(fresh.url)).close();
    symlinkSync(file, `${file}-link`);
    const store = await openStore(`sqlite:${file}-link`);
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1');
    rmSync(`${file}-wal`);
    await expect(store.recordSyncRun(RUN)).rejects.toThrow('was deleted');
    await store.close();
    rmSync(`${file}-link`);
    await fresh.remove();
  });

  it('whose write-ahead log is emptied by a checkpoint of another program goes on', async () => {
    const fresh = await SQLITE_STORE.create();
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1');
    const other = new Database(fresh.url.slice('sqlite:'.length));
    other.pragma('wal_checkpoint(truncate)');
    other.exec('vacuum');
    other.close();
    await appendRecords(feed, 'a2');
    expect(await readIds(feed)).toEqual(['a1', 'a2']);
    await store.close();
    await fresh.remove();
  });
});

const RUN = {
  ...{ connector: 'bank', stream: 'transactions' as const, startedAt: 1, duration: 1, pages: 1 },
  ...{ records: 0, added: 0, changed: 0, refused: 0 },
};

describe('a PostgreSQL database', () => {
  it('that a promoted replica serves goes on in a new epoch, above the positions of all readers', async () => {
    const primary = await PostgresServer.create();
    await (await openStore(primary.url('postgres'))).close();
    const replica = await primary.createReplica();
    const store = await openStore(primary.url('postgres'));
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1');
    const position = (await feed.head()).feedTime ?? 0;
    await waitUntil(
      async () => (await runSql(replica.url('postgres'), 'select 1 from feed_rows')).length > 0,
    );
    await store.close();
    await primary.remove();
    await runSql(replica.url('postgres'), 'select pg_promote()');
    const promoted = await openStore(replica.url('postgres'));
    expect(promoted.lastRestore).toBeDefined();
    const after = await promoted.feed('bank', 'transactions');
    await appendRecords(after, 'a2');
    expect((await after.head()).feedTime).toBeGreaterThan(position + 60_000);
    expect(await readIds(after)).toEqual(['a1', 'a2']);
    await promoted.close();
    // The next start finds that the server has the same timeline as the stored identity.
    const again = await openStore(replica.url('postgres'));
    expect(again.lastRestore).toEqual(promoted.lastRestore);
    await again.close();
    await replica.remove();
  });

  it('that is dropped and created again from a backup is noticed on the first new connection', async () => {
    const fresh = await POSTGRES_STORE.create();
    await (await openStore(fresh.url)).close();
    const putBack = await backUpDatabase(fresh.url);
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'transactions');
    await appendRecords(feed, 'a1');
    await putBack();
    let error: unknown;
    // The pool notices that its connections are closed only when they are used again.
    for (let attempt = 0; attempt < 10 && !(error instanceof StoreChangedError); attempt++)
      error = await (async () => feed.readPage(undefined, 1, 10))().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreChangedError);
    expect(String(error)).toMatch(/another server, or a restored or copied database/);
    await store.close();
    await expect(openStore(fresh.url)).rejects.toThrow(/tributary store restore/);
    await startEpochAfterRestore(fresh.url);
    await (await openStore(fresh.url)).close();
    await fresh.remove();
  });
});
