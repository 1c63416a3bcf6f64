/** Tests the opening of a SQLite store: error messages, truncated files, and stores of newer releases. */
import Database from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serializeAccount } from '@tributary/connector-api';
import { openStore, getCurrentProcess } from '../index.js';
import { SQLITE_STORE, type FreshStore } from '../testing/stores.js';

const EMPTY_PAGE = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
const accounts = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    serializeAccount({ id: `a-${count}-${index}`, name: 'A name' }),
  );

let fresh: FreshStore;
let path: string;

beforeEach(async () => {
  fresh = await SQLITE_STORE.create();
  path = fresh.url.slice('sqlite:'.length);
});

afterEach(async () => {
  await fresh.remove();
});

describe('a store', () => {
  it('that cannot be opened says which, why, and what to do; the file is left as it was', async () => {
    path = join(dirname(path), 'notes.txt');
    writeFileSync(path, 'not a database, and longer than the header of one would be: '.repeat(20));
    const before = readFileSync(path);
    await expect(openStore(`sqlite:${path}`)).rejects.toThrow(
      `the store ${JSON.stringify(path)} cannot be opened: the file is no SQLite database; name another, or move it away`,
    );
    expect(readFileSync(path)).toEqual(before);
    await expect(openStore(`sqlite:${path}/store.db`)).rejects.toThrow('a part of the path is a file');
    await expect(openStore(`sqlite:${dirname(path)}`)).rejects.toThrow('check the path and the rights');
  });

  it.each([
    ['at a page', (size: number) => Math.floor(size / 2 / 8192) * 8192],
    ['within a page', (size: number) => Math.floor(size / 2) + 100],
  ])('that was cut off %s is refused, with its log and without', async (_, keep) => {
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'accounts');
    const lease = (await feed.acquireLease(getCurrentProcess(), 10_000))!;
    const fill = (count: number) =>
      lease.append({ ...EMPTY_PAGE, records: accounts(count), cursor: String(count) });
    await fill(4000);
    const other = new Database(path);
    other.pragma('wal_checkpoint(truncate)');
    await fill(10);
    // The files are copied in the state in which a crash would leave them.
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    other.close();
    await store.close();
    expect(log.length).toBeGreaterThan(0);

    for (const withLog of [true, false]) {
      path = join(dirname(path), `cut-${withLog}.db`);
      writeFileSync(path, file.subarray(0, keep(file.length)));
      if (withLog) writeFileSync(`${path}-wal`, log);
      await expect(openStore(`sqlite:${path}`)).rejects.toThrow(
        'the file is damaged or cut off; put back a backup',
      );
      path = join(dirname(path), `whole-${withLog}.db`);
      writeFileSync(path, file);
      if (withLog) writeFileSync(`${path}-wal`, log);
      await (await openStore(`sqlite:${path}`)).close();
    }
  });

  it('whose last pages are in the log only is whole', async () => {
    const store = await openStore(fresh.url);
    const feed = await store.feed('bank', 'accounts');
    const lease = (await feed.acquireLease(getCurrentProcess(), 10_000))!;
    await lease.append({ ...EMPTY_PAGE, records: accounts(4000), cursor: 'c' });
    const other = new Database(path);
    other.pragma('wal_checkpoint(passive)');
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    other.close();
    await store.close();
    path = join(dirname(path), 'crashed.db');
    // The file is cut as if the machine had crashed while SQLite moved the log into the file.
    writeFileSync(path, file.subarray(0, 8192 * 10));
    writeFileSync(`${path}-wal`, log);
    const again = await openStore(`sqlite:${path}`);
    expect((await (await again.feed('bank', 'accounts')).readPage(undefined, 1, 10_000)).rows).toBe(4000);
    await again.close();
  });

  it('of a newer release is refused, and stays as it is', async () => {
    await (await openStore(fresh.url)).close();
    const db = new Database(path);
    db.exec(
      'insert into migrations (version, applied_at) values (99, 1); update store_identity set min_program_version = 99',
    );
    db.close();
    await expect(openStore(fresh.url)).rejects.toThrow('it was written by a newer release; start that one');
  });

  it('names what is wrong with its URL', async () => {
    await expect(openStore('mongodb://x')).rejects.toThrow(
      '"mongodb://x" is of no known kind; expected sqlite:<path of a file>',
    );
    const hasty = await openStore('postgres://me:p/w@host/db').catch((error: Error) => error.message);
    expect(hasty).toContain('the URL of PostgreSQL cannot be read; expected postgres://USER:PASSWORD@HOST/');
    expect(hasty).not.toContain('p/w');
  });
});
