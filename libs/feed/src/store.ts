/** The store of one deployment, opened by its URL. */
import type { Stream } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import { balanceBook } from './balance-book.js';
import type { Dialect } from './dialect.js';
import { openSqlite } from './dialect/sqlite.js';
import type { Feed, Store, SyncRun } from './feed.types.js';
import { takeLease, type FeedIdentity } from './lease.js';
import { migrate } from './migrate.js';
import { openEntries } from './quarantine.js';
import { recordRun } from './runs.js';
import type { Schema } from './schema.js';

/**
 * @param url `sqlite:<path>`, relative to the working directory
 * @param clock milliseconds since 1970
 * @throws Error when the URL is of another kind, or the store cannot be opened.
 */
export async function openStore(url: string, clock: () => number = Date.now): Promise<Store> {
  const path = sqlitePath(url);
  try {
    return new SqlStore(await openMigrated(path), clock);
  } catch (error) {
    throw new Error(`the store ${JSON.stringify(path)} cannot be opened: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function openMigrated(path: string): Promise<Dialect> {
  const dialect = await openSqlite(path);
  try {
    await migrate(dialect);
    return dialect;
  } catch (error) {
    await dialect.close();
    throw error;
  }
}

/** What a person can do about it; the database itself says only what it could not do. */
const REASONS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'the file is no SQLite database; name another, or move it away',
  SQLITE_CORRUPT: 'the file is damaged; put back a backup',
  SQLITE_CANTOPEN:
    'its directory, or the file, is not there for this user to write; check the path and the rights',
  SQLITE_READONLY: 'this user may not write the file; check its rights',
  SQLITE_FULL: 'the disk is full; make room',
  EEXIST: 'a part of the path is a file; expected directories',
  ENOTDIR: 'a part of the path is a file; expected directories',
  EACCES: 'this user may not create its directory; check the rights',
  EROFS: 'it is on a read-only file system',
};

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error && 'code' in error ? String(error.code) : '';
  // SQLite's extended codes go on: SQLITE_READONLY_DIRECTORY.
  const known = REASONS[code] ?? REASONS[code.split('_', 2).join('_')];
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** @throws Error naming what was found and what is expected. */
export function sqlitePath(url: string): string {
  const path = /^sqlite:(?!\/\/)(.+)$/.exec(url)?.[1];
  if (path === undefined)
    throw new Error(`store ${JSON.stringify(url)} is of no known kind; expected sqlite:<path of a file>`);
  return path;
}

class SqlStore implements Store {
  /** By connector and stream: the identity of a feed never changes. */
  private readonly feeds = new Map<string, Promise<Feed>>();

  constructor(
    private readonly dialect: Dialect,
    private readonly clock: () => number,
  ) {}

  feed(connector: string, stream: Stream): Promise<Feed> {
    const key = `${connector} ${stream}`;
    let feed = this.feeds.get(key);
    if (!feed) {
      feed = this.openFeed(connector, stream);
      this.feeds.set(key, feed);
      feed.catch(() => this.feeds.delete(key));
    }
    return feed;
  }

  balances(connector: string) {
    return balanceBook(this.dialect, connector);
  }

  recordRun(run: SyncRun): Promise<void> {
    return this.dialect.write((db) => recordRun(db, run));
  }

  quarantine(connector?: string, limit = 1000) {
    return openEntries(this.dialect.reader, connector, limit);
  }

  async close(): Promise<void> {
    await this.dialect.close();
  }

  private async openFeed(connector: string, stream: Stream): Promise<Feed> {
    const id =
      (await findFeed(this.dialect.reader, connector, stream)) ?? (await this.createFeed(connector, stream));
    return new SqlFeed(this.dialect, { id, connector, stream }, this.clock);
  }

  private async createFeed(connector: string, stream: Stream): Promise<number> {
    const id = await this.dialect.write(async (db) => {
      await db
        .insertInto('feeds')
        .values({
          connector,
          stream,
          head_seq: 0,
          head_time: null,
          cursor: null,
          fence: 0,
          holder: null,
          leased_until: 0,
        })
        .onConflict((conflict) => conflict.columns(['connector', 'stream']).doNothing())
        .execute();
      return findFeed(db, connector, stream);
    });
    if (id === undefined) throw new Error(`the feed ${connector}/${stream} was created and cannot be found`);
    return id;
  }
}

/** No feed time is earlier. */
const BEFORE_ALL = 0;

class SqlFeed implements Feed {
  readonly connector: string;
  readonly stream: Stream;

  constructor(
    private readonly dialect: Dialect,
    private readonly identity: FeedIdentity,
    private readonly clock: () => number,
  ) {
    this.connector = identity.connector;
    this.stream = identity.stream;
  }

  async page(from: number | undefined, page: number, pageSize: number) {
    return this.dialect.page(this.identity.id, from ?? BEFORE_ALL, (page - 1) * pageSize, pageSize);
  }

  async latest(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dialect.reader
      .selectFrom('feed_rows')
      .select(['record_id', 'body'])
      .where('feed_id', '=', this.identity.id)
      .where(this.dialect.isOneOf('record_id', ids))
      .orderBy('seq')
      .execute();
    // Later versions overwrite earlier ones.
    return new Map(rows.map(({ record_id, body }) => [record_id, body]));
  }

  async head() {
    const { head_seq, head_time } = await this.dialect.reader
      .selectFrom('feeds')
      .select(['head_seq', 'head_time'])
      .where('id', '=', this.identity.id)
      .executeTakeFirstOrThrow();
    return { rows: head_seq, feedTime: head_time ?? undefined };
  }

  lease(holder: Parameters<Feed['lease']>[0], ttl: number) {
    return takeLease(this.dialect, this.identity, holder, ttl, this.clock);
  }
}

async function findFeed(db: Kysely<Schema>, connector: string, stream: Stream): Promise<number | undefined> {
  const row = await db
    .selectFrom('feeds')
    .select('id')
    .where('connector', '=', connector)
    .where('stream', '=', stream)
    .executeTakeFirst();
  return row?.id;
}
