import Database from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore } from './index.js';
import { SQLITE, type FreshStore } from './testing/stores.js';

let fresh: FreshStore;
let path: string;

beforeEach(async () => {
  fresh = await SQLITE.create();
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

  it('of a newer release is refused, and stays as it is', async () => {
    await (await openStore(fresh.url)).close();
    const db = new Database(path);
    db.prepare('insert into migrations (version, applied_at) values (99, 1)').run();
    db.close();
    await expect(openStore(fresh.url)).rejects.toThrow('it was written by a newer release; start that one');
  });

  it('names what is wrong with its URL', async () => {
    await expect(openStore('mongodb://x')).rejects.toThrow(
      '"mongodb://x" is of no known kind; expected sqlite:<path of a file>',
    );
  });
});
